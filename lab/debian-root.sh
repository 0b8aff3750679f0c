#!/bin/sh
# Make the root folder of a bare Debian from the machine's own Debian archive.
#   debian-root.sh RELEASE FOLDER
# It also gets how this machine reaches its archives (apt's and pip's configuration, and
# whom it trusts).
set -eu
release=$1
root=$2

mirror=$(apt-get indextargets --format '$(SITE)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main' | grep -v security | head -n 1)
debootstrap --variant=minbase --include=ca-certificates "$release" "$root" $mirror \
    > "$root.log" 2>&1 || { tail -n 20 "$root.log"; exit 1; }
rm "$root.log"

# No service is started while a package is installed; Debian's own image has this too.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

for file in $(grep -ls Acquire /etc/apt/apt.conf.d/* || true); do
    cp "$file" "$root/etc/apt/apt.conf.d/"
done
mkdir -p "$root/etc/xdg"
cp -r /etc/pip.conf "$root/etc/" 2>/dev/null || true
cp -r /etc/xdg/pip "$root/etc/xdg/" 2>/dev/null || true

# One certificate in each file: the bundle is made anew from these.
awk -v folder="$root/usr/local/share/ca-certificates" '
    /BEGIN CERT/ { number++ }
    number { print > sprintf("%s/%03d.crt", folder, number) }
' /etc/ssl/certs/ca-certificates.crt
chroot "$root" update-ca-certificates > /dev/null 2>&1
