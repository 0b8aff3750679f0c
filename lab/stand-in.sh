#!/bin/sh
# Make an image that stands in for the pinned Debian one, where that cannot be pulled:
# the same release from the machine's own Debian archive, by debootstrap.
#   stand-in.sh TAG
# It also gets how this machine reaches its archives (apt's and pip's configuration, and
# whom it trusts), so that the Dockerfile needs to know nothing of that.
set -eu
tag=$1
release=bookworm

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mirror=$(apt-get indextargets --format '$(SITE)' \
    'Created-By: Packages' "Codename: $release" 'Component: main' | head -n 1)
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

tar -C "$root" --exclude='./var/cache/apt/archives/*.deb' --exclude='./var/lib/apt/lists/*' \
    -c . | docker import - "$tag" > /dev/null
