#!/bin/sh
# Make an image that stands in for the pinned Debian one, where that cannot be pulled:
# the same release from the machine's own Debian archive, by debootstrap.
#   stand-in.sh TAG
# It also knows how this machine reaches its archives, so that the Dockerfile needs to know
# nothing of that.
set -eu
tag=$1

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
sh "$(dirname "$0")/debian-root.sh" bookworm "$root"
tar -C "$root" --exclude='./var/cache/apt/archives/*.deb' --exclude='./var/lib/apt/lists/*' \
    -c . | docker import - "$tag" > /dev/null
