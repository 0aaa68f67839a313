#!/usr/bin/env bash
# Builds localhost/tandem-receiver:latest from dist/tandem-receiver, without a registry.
#
#   PROGRAM=snapshot  builds localhost/tandem-snapshot:latest from dist/tandem-snapshot instead
#   BASE=IMAGE   builds on another base than scratch; it must be there already
#   PODMAN=…     the podman to call, with its global options
set -euo pipefail
cd "$(dirname "$0")/../.."

read -r -a podman <<<"${PODMAN:-podman}"
program=${PROGRAM:-receiver}
image=${IMAGE:-localhost/tandem-$program:latest}

test -x "dist/tandem-$program" || {
    echo "dist/tandem-$program is missing; 'make $program-static' builds it" >&2
    exit 1
}
# The docker format keeps HEALTHCHECK, which the OCI format has no place for.
"${podman[@]}" build --quiet --pull=never --format docker --build-arg "BASE=${BASE:-scratch}" \
    --file "deployment/$program/Containerfile" --tag "$image" dist
echo "$image"
