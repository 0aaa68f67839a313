#!/usr/bin/env bash
# Rewrites the table of awkward inputs in docs/TESTING.md from the names of the tests.
set -euo pipefail
cd "$(dirname "$0")/../.."

page=docs/TESTING.md
list=deployment/setup/bad-inputs.txt

table() {
    echo '| no. | input | tests |'
    echo '|---|---|---|'
    while IFS='|' read -r number what; do
        local found
        found=$(grep -rlE "bad input ([0-9]+, )*$number[:,]" Tests --include='*.swift' \
            | grep -v '^Tests/TandemArchitectureTests/' | xargs -r -n1 basename -s .swift | sort -u \
            | sed 's/.*/`&`/' | paste -sd' ' || true)
        echo "| $number | $what | $found |"
    done <"$list"
}

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
{ sed '/^| no\. |/,$d' "$page"; table; } >"$fresh"
if [ "${1:-}" = --check ]; then
    diff -u "$page" "$fresh" >&2 || { echo "run deployment/setup/bad-inputs.sh" >&2; exit 1; }
else
    cat "$fresh" >"$page"
    printf '%s of %s inputs have a test\n' "$(grep -cE '^\| [0-9]+ \|.*`' "$page")" "$(wc -l <"$list")"
fi
