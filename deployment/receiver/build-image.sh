#!/usr/bin/env bash
# Builds localhost/tandem-receiver:latest from dist/tandem-receiver, without a registry.
#
#   BASE=IMAGE   builds on another base than scratch; it must be there already
#   PODMAN=…     the podman to call, with its global options
set -euo pipefail
cd "$(dirname "$0")/../.."

read -r -a podman <<<"${PODMAN:-podman}"
image=${IMAGE:-localhost/tandem-receiver:latest}

test -x dist/tandem-receiver || {
    echo "dist/tandem-receiver is missing; 'make receiver-static' builds it" >&2
    exit 1
}
# The docker format keeps HEALTHCHECK, which the OCI format has no place for.
"${podman[@]}" build --quiet --pull=never --format docker --build-arg "BASE=${BASE:-scratch}" \
    --file deployment/receiver/Containerfile --tag "$image" dist
echo "$image"
