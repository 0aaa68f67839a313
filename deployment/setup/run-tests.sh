#!/usr/bin/env bash
# Runs `swift test` with the arguments given, and fails as well when not one test ran: a filter that
# matches nothing ends 0 by itself.
set -euo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT

set +e
# Far more tests than cores wait for one another; a few at a time find each its turn.
swift test --experimental-maximum-parallelization-width "${TEST_WIDTH:-4}" --disable-xctest --explicit-target-dependency-import-check error "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
set -e
[ "$status" -eq 0 ] || exit "$status"

count=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} in .* passed.*/\1/p' "$log" | tail -n 1)
if [ "${count:-0}" -eq 0 ]; then
    echo "no test ran: '$*' matches none" >&2
    exit 1
fi
