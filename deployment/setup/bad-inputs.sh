#!/usr/bin/env bash
# Rewrites the table of awkward inputs in docs/TESTING.md from the names of the tests.
set -euo pipefail
cd "$(dirname "$0")/../.."

page=docs/TESTING.md
list=deployment/setup/bad-inputs.txt

# Lines "NUMBER SUITE", one for each number that a test's name begins with: `bad input 1 to 3, 5 and 7:`.
covered() {
    grep -roHE '[`"]bad inputs? [0-9, toand]+:' Tests --include='*.swift' \
        | grep -v '^Tests/TandemArchitectureTests/' \
        | awk '{
            suite = $0; sub(/\.swift:.*/, "", suite); sub(/.*\//, "", suite)
            numbers = $0; sub(/.*bad inputs? /, "", numbers); sub(/:$/, "", numbers)
            gsub(/ and |, /, " ", numbers); gsub(/ to /, "-", numbers)
            count = split(numbers, part, " ")
            for (i = 1; i <= count; i++) {
                ends = split(part[i], bound, "-")
                for (n = bound[1] + 0; n <= bound[ends] + 0; n++) print n, suite
            }
        }' | sort -u
}

# The list has a third field where no test can stand: why not.
table() {
    echo '| no. | input | tests |'
    echo '|---|---|---|'
    covered | awk -F'|' -v list="$list" '
        { split($0, pair, " "); suites[pair[1]] = suites[pair[1]] " `" pair[2] "`" }
        END {
            while ((getline <list) > 0) {
                tests = substr(suites[$1], 2)
                if (tests == "" && $3 != "") tests = "none: " $3
                print "| " $1 " | " $2 " | " tests " |"
            }
        }'
}

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
{ sed '/^| no\. |/,$d' "$page"; table; } >"$fresh"
if [ "${1:-}" = --check ]; then
    diff -u "$page" "$fresh" >&2 || { echo "run deployment/setup/bad-inputs.sh" >&2; exit 1; }
    if covered | cut -d' ' -f1 | grep -vxF -f <(cut -d'|' -f1 "$list") >&2; then
        echo "a test names these numbers, and $list does not have them" >&2
        exit 1
    fi
    if grep -E '^\| [0-9]+ \|.*\|  \|$' "$fresh" >&2; then
        echo "each of these needs a test, or a reason in $list" >&2
        exit 1
    fi
else
    cat "$fresh" >"$page"
    printf '%s of %s inputs have a test\n' "$(grep -cE '^\| [0-9]+ \|.*`' "$page")" "$(wc -l <"$list")"
fi
