#!/bin/sh
# Install the Debian packages named in the given lists; as another user than root,
# say which ones are missing and stop.
#   debian.sh LIST...
set -eu
python=${PYTHON:-python3}

missing=
for package in $(cat "$@"); do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
header=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
[ -e "$header" ] || missing="$missing python3-dev"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "These Debian packages are missing:$missing" >&2
    echo "Install them (sudo apt-get install$missing), then run make again." >&2
    exit 1
fi
echo "installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
for attempt in 1 2 3 4; do
    # shellcheck disable=SC2086
    if apt-get -qq update && apt-get -qq -y --no-install-recommends install $missing >/dev/null
    then exit 0
    fi
    echo "apt-get failed, trying again ($attempt of 4)" >&2
    sleep $((attempt * 3))
done
exit 1
