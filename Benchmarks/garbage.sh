#!/usr/bin/env bash
# Times the inventory, the cleaning and the undoing of garbage on both sides of a pair over a throwaway
# sshd, and checks that a tracked .pyc and one behind a link stay as they are and that undoing brings
# back every byte.
#
#   FILES=N           garbage files on each side (default 100000)
#   CONFIGURATION=C   release (default) or debug
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deployment/test-support/sshd.sh
source deployment/test-support/sshd.sh

files=${FILES:-100000}
configuration=${CONFIGURATION:-release}
receiver_pid= sshd_pid=

clean_up() {
    local status=$?
    set +e
    [ -z "$receiver_pid" ] || { kill "$receiver_pid"; wait "$receiver_pid"; } 2>/dev/null
    stop_sshd
    [ -z "${work:-}" ] || rm -rf "$work"
    exit "$status"
}

# Ten files a directory: nine of bytecode in its __pycache__, and one beside its source.
litter() {
    local root=$1 directory number
    for ((directory = 0; directory * 10 < files; directory++)); do
        mkdir -p "$root/package$((directory / 100))/m$directory/__pycache__"
        cd "$root/package$((directory / 100))/m$directory"
        for number in 1 2 3 4 5 6 7 8 9; do
            printf 'bytecode %s %s' "$directory" "$number" >"__pycache__/m$number.cpython-311.pyc"
        done
        printf 'bytecode %s' "$directory" >old.pyc
        printf 'code %s' "$directory" >m.py
    done
    cd - >/dev/null
}

# Names, kinds and contents of all but Tandem's own directory.
listing() {
    (cd "$1" && find . -path ./.tandem -prune -o -path ./.git -prune -o -type f -print0 | sort -z |
        xargs -0 sha256sum | sha256sum)
}

timed() {
    local title=$1 start end
    shift
    start=$(date +%s.%N)
    "$@" >"$work/output"
    end=$(date +%s.%N)
    printf '%-42s %6.2f s\n' "$title" "$(echo "$end - $start" | bc)"
    sed 's/^/    /' "$work/output"
}

trap clean_up EXIT
swift build -c "$configuration" --product tandem 2>&1 | tail -n 1
swift build -c "$configuration" --product tandem-receiver 2>&1 | tail -n 1
bin=$(swift build -c "$configuration" --show-bin-path)
work=$(mktemp -d "${TMPDIR:-/tmp}/tandem-garbage.XXXXXX")
export TANDEM_HOME=$work/home
mkdir "$work/laptop" "$work/vm" "$work/outside"
mkdir -m 700 "$work/state" "$work/run"
start_sshd "$work" "$(id -un)"
"$bin/tandem-receiver" serve --root "$work/vm" --state "$work/state" \
    --socket "$work/run/receiver.sock" 2>"$work/receiver.log" &
receiver_pid=$!
for _ in {1..100}; do
    [ -S "$work/run/receiver.sock" ] && break
    sleep 0.05
done
litter "$work/laptop"
git -C "$work/laptop" init --quiet
echo 'shipped bytecode' >"$work/laptop/package0/m0/__pycache__/tracked.pyc"
git -C "$work/laptop" add --force package0/m0/__pycache__/tracked.pyc
echo 'outside' >"$work/outside/behind.pyc"
ln -s ../outside "$work/laptop/link"
"$bin/tandem" pair "$work/laptop" "vm:$work/vm" --ssh-config "$work/ssh_config" \
    --command "$bin/tandem-receiver connect --socket $work/run/receiver.sock" >/dev/null
cd "$work/laptop"
"$bin/tandem" push --quiet
cd - >/dev/null
litter "$work/vm"
ln -s ../outside "$work/vm/other-link"
cp "$work/laptop/package0/m0/__pycache__/tracked.pyc" "$work/vm/package0/m0/__pycache__/"
before=$(listing "$work/laptop"; listing "$work/vm")

run() { "$bin/tandem" garbage -C "$work/laptop" "$@"; }
timed "inventory of the laptop" run
timed "inventory of both" run --both
timed "cleaning of both" run --both --clean
id=$(sed -n 's/.*--undo //p' "$work/output")
left=$(cd "$work" && find laptop vm -path '*/.tandem' -prune -o -name '*.pyc' -print | sort)
printf 'bytecode left: %s\n' "$(echo "$left" | tr '\n' ' ')"
[ "$(cat "$work/outside/behind.pyc")" = outside ]
timed "undoing of both" run --both --undo "$id"
if [ "$before" = "$(listing "$work/laptop"; listing "$work/vm")" ]; then
    echo 'undo brought back every byte on both sides'
else
    echo 'undo did NOT bring everything back' >&2
    exit 1
fi
