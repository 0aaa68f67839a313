#!/usr/bin/env bash
# Runs every decoder's fuzzer from its corpus for SECONDS_EACH seconds. What it finds new stays in a
# scratch corpus; a crash is written beside it and ends this with an error.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${SECONDS_EACH:-30}
scratch=.build-fuzz
swift build --package-path Fuzz --scratch-path "$scratch" -c release
program=$(swift build --package-path Fuzz --scratch-path "$scratch" -c release --show-bin-path)/fuzz-decoders
mapfile -t targets < <("$program" | sed -n 's/^  //p')
[ "${#targets[@]}" -gt 0 ] || { echo "no fuzz target found" >&2; exit 1; }

for target in "${targets[@]}"; do
    found=$scratch/corpus/$target
    mkdir -p "$found" "$scratch/crashes"
    folders=("$found")
    for seeds in Tests/*/Corpus/"$target"; do
        if [ -d "$seeds" ]; then folders+=("$seeds"); fi
    done
    printf '%s: ' "$target"
    "$program" "$target" -max_total_time="$seconds" -timeout=1 -rss_limit_mb=512 -print_final_stats=1 \
        -artifact_prefix="$scratch/crashes/$target-" "${folders[@]}" >"$scratch/$target.log" 2>&1 || {
        tail -n 30 "$scratch/$target.log" >&2
        echo "$target: an input breaks it; see $scratch/crashes" >&2
        exit 1
    }
    sed -n 's/^stat::number_of_executed_units: */runs /p' "$scratch/$target.log"
done
