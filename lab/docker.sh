# Docker, for the scripts that source this in the root of the checkout. They set ENGINE_USER,
# by which messages begin, and call stop_engine at their end.
# Exit status 77: there is no engine; the reason has been told.

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/outring
BASE=$(sed -n 's/^FROM \(debian:[^ ]*\) AS base$/\1/p' lab/Dockerfile)
RUN=/run/outring-lab # socket, log and the like of the engine that is started here
engine=

say() { echo "$ENGINE_USER: $*"; }

no_engine() {
    say "skipped: $*"
    exit 77
}

engine() {
    docker info > /dev/null 2>&1 && return
    [ "$(id -u)" -eq 0 ] || no_engine "no Docker engine answers, and only root can start one"
    sh sip/build/debian.sh lab/debian-packages.txt \
        || no_engine "no Docker engine answers, and its Debian packages cannot be installed"
    exec 9> "$RUN.lock"
    flock 9 # another run of this script has an engine here
    mkdir -p "$RUN" "$CACHE/docker"
    export DOCKER_HOST="unix://$RUN/docker.sock"
    say "starting a Docker engine (DOCKER_HOST=$DOCKER_HOST)"
    # The machine's network stays as it is: images are built in it, and containers reach
    # each other without it. In a session of its own, so that Ctrl-C is not meant for it.
    setsid dockerd --host "$DOCKER_HOST" --data-root "$CACHE/docker" --exec-root "$RUN/exec" \
        --pidfile "$RUN/pid" --bridge=none --iptables=false --ip6tables=false \
        --ip-forward=false > "$RUN/log" 2>&1 9>&- &
    engine=$!
    until docker info > /dev/null 2>&1; do
        kill -0 "$engine" 2> /dev/null || {
            tail -n 5 "$RUN/log"
            no_engine "the Docker engine does not start here"
        }
        sleep 0.2
    done
}

stop_engine() {
    [ -n "$engine" ] || return 0
    docker image prune --force --filter until=168h > /dev/null 2>&1 || true
    docker builder prune --force --filter until=168h > /dev/null 2>&1 || true
    kill "$engine" 2> /dev/null && wait "$engine" || true
    umount "$RUN"/exec/netns/* 2> /dev/null || true
    rm -rf "$RUN"
}

base_image() {
    docker image inspect "$BASE" > /dev/null 2>&1 && return
    say "pulling $BASE"
    timeout 300 docker pull --quiet "$BASE" > /dev/null 2>&1 && return
    say "it cannot be pulled: making a stand-in (half a minute)"
    sh lab/stand-in.sh "$BASE" || no_engine "there is no base image"
    # To see that the engine runs containers at all, before minutes are spent.
    docker run --rm --network=none "$BASE" true || no_engine "the engine runs no container"
}
