#!/usr/bin/env bash
# Builds dist/PROGRAM, tandem-receiver unless others are named, as one file that needs no library of
# the machine it runs on, and shows that it does not: it goes into an image FROM scratch, and by
# `tandem pair --deploy` to any Linux.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=.build-static
flags=(-c release --scratch-path "$scratch" --static-swift-stdlib -Xswiftc -static-executable)

build() {
    local program=$1 needed
    # The linker warns of getpwnam and its like in static programs; these call none of them.
    swift build "${flags[@]}" --product "$program"
    mkdir -p dist
    strip -o "dist/$program.new" "$(swift build "${flags[@]}" --show-bin-path)/$program"
    needed=$(readelf -d "dist/$program.new" | grep NEEDED || true)
    if [ -n "$needed" ]; then
        printf 'dist/%s needs libraries of the machine it runs on:\n%s\n' "$program" "$needed" >&2
        exit 1
    fi
    mv "dist/$program.new" "dist/$program"
    printf 'dist/%s: %s bytes; readelf -d: %s\n' "$program" "$(stat -c %s "dist/$program")" \
        "$(readelf -d "dist/$program" | tr -s '\n' ' ')"
}

for program in "${@:-tandem-receiver}"; do build "$program"; done
