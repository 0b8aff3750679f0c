#!/bin/sh
# The lab on Docker.
#   lab.sh up      build and start it, and show what it logs; Ctrl-C ends it
#   lab.sh test    build and start one beside that, place calls, look at all, end it
# It takes the Docker engine that answers, and compose of version 1 or 2. Where none
# answers, root has one of its own from Debian's packages, for as long as this runs.
# Exit status 77: there is no engine; the reason has been told.
set -eu
cd "$(dirname "$0")/.."

ENGINE_USER=lab
. lab/docker.sh
OBSERVED="front node-1 node-2 redis postgresql answers busy silent slow presses flaky web list prometheus"

project=

# However this ends, nothing of it is left but images.
finish() {
    status=$?
    trap - EXIT
    trap '' INT TERM
    [ -z "$project" ] || {
        say "stopping"
        compose --profile observe down --timeout 10 > /dev/null 2>&1 || true
    }
    stop_engine
    exit "$status"
}

# The wheel of pjsua2 that `make setup` has built, if the images can use it.
wheel() {
    rm -rf lab/.cache
    grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release || return 0
    found=$(PYTHONPATH=sip/build python3 -B -c \
        'import recipe; print(recipe._find_cached_wheel(recipe.USUAL) or "")')
    [ -n "$found" ] || return 0
    folder=lab/.cache/$(basename "$(dirname "$found")")
    mkdir -p "$folder"
    cp "$found" "$folder/"
}

# -- the lab -----------------------------------------------------------------------

compose() {
    if docker compose version > /dev/null 2>&1; then
        docker compose --project-name "$project" "$@"
    else
        docker-compose --project-name "$project" "$@"
    fi
}

# What Docker says while it builds is long: all of it goes to a file, and what it does
# not have yet is shown.
build() {
    say "building the images (some minutes when nothing is there yet)"
    log=$(mktemp)
    { compose --profile observe build 2>&1; echo "exit $?"; } | tee "$log" | awk '
        /^Step .* RUN / { step = $0 }
        / ---> Running in/ && step { print substr(step, 1, 100); step = ""; fflush() }
        / ---> Using cache/ { step = "" }
        /^#[0-9]+ \[.* RUN / { print substr($0, 1, 100); fflush() }'
    [ "$(tail -n 1 "$log")" = "exit 0" ] || { tail -n 40 "$log"; exit 1; }
    rm "$log"
}

up() {
    project=outring-lab
    build
    trap : INT # compose gets it too, and stops what it has started
    compose up || true
}

test_lab() {
    project=outring-lab-test
    export LAB_PORT=0 LAB_WEB_PORT=0 LAB_PROMETHEUS_PORT=0
    build
    say "starting"
    status=0
    # shellcheck disable=SC2086
    compose --profile observe up -d $OBSERVED > /dev/null 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        LAB_URL=http://$(compose port front 9698) \
        LAB_WEB_URL=http://$(compose port web 8080) \
        LAB_PROMETHEUS_URL=http://$(compose --profile observe port prometheus 9090) \
        LAB_PROJECT=$project \
            .venv/bin/pytest tests/lab/on_docker.py || status=$?
    fi
    [ "$status" -eq 0 ] || compose --profile observe logs --tail 40
    return "$status"
}

trap finish EXIT
trap 'exit 130' INT TERM
case ${1-} in
    up) engine; base_image; wheel; up ;;
    test) engine; base_image; wheel; test_lab ;;
    *) sed -n '2,4s/^# //p' "$0"; exit 2 ;;
esac
