#!/bin/sh
# The image of outring, on Docker.
#   image.sh build  build it of the package for Debian 12 in dist/, as outring:<version>
#   image.sh test   build it, run it as a user would, and look at it
# Exit status 77: there is no engine; the reason has been told.
set -eu
cd "$(dirname "$0")/.."

ENGINE_USER=image
. lab/docker.sh
VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
IMAGE=outring:$VERSION

finish() {
    status=$?
    trap - EXIT
    stop_engine
    exit "$status"
}

build() {
    context=$(mktemp -d)
    cp "dist/outring_$VERSION-1~deb12_amd64.deb" "$context/outring.deb"
    cp packaging/image/reduce.py "$context/"
    say "building $IMAGE"
    log=$(mktemp)
    docker build --network host --label "org.opencontainers.image.version=$VERSION" \
        --tag "$IMAGE" --file packaging/image/Dockerfile "$context" > "$log" 2>&1 \
        || { tail -n 40 "$log"; exit 1; }
    rm -r "$log" "$context"
    container=$(docker create "$IMAGE")
    docker cp "$container:/usr/share/outring/outring.cdx.json" "dist/outring-$VERSION.cdx.json"
    docker rm "$container" > /dev/null
    say "$IMAGE has $(docker image inspect --format '{{.Size}}' "$IMAGE") bytes"
}

trap finish EXIT
trap 'exit 130' INT TERM
case ${1-} in
    build) engine; base_image; build ;;
    test) engine; base_image; build; OUTRING_IMAGE=$IMAGE .venv/bin/pytest tests/packaging/on_docker.py ;;
    *) sed -n '2,4s/^# //p' "$0"; exit 2 ;;
esac
