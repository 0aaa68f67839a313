#!/usr/bin/env bash
# Builds dist/tandem-receiver as one file that needs no library of the machine it runs on, and shows
# that it does not: it goes into an image FROM scratch, and by `tandem pair --deploy` to any Linux.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=.build-static
flags=(-c release --scratch-path "$scratch" --static-swift-stdlib -Xswiftc -static-executable)

# The linker warns of getpwnam and its like in static programs; the receiver calls none of them.
swift build "${flags[@]}" --product tandem-receiver
mkdir -p dist
strip -o dist/tandem-receiver.new "$(swift build "${flags[@]}" --show-bin-path)/tandem-receiver"

needed=$(readelf -d dist/tandem-receiver.new | grep NEEDED || true)
if [ -n "$needed" ]; then
    printf 'dist/tandem-receiver needs libraries of the machine it runs on:\n%s\n' "$needed" >&2
    exit 1
fi
mv dist/tandem-receiver.new dist/tandem-receiver
printf 'dist/tandem-receiver: %s bytes; readelf -d: %s\n' "$(stat -c %s dist/tandem-receiver)" \
    "$(readelf -d dist/tandem-receiver | tr -s '\n' ' ')"
