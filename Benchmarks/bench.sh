#!/usr/bin/env bash
# Times a push beside rsync over the same throwaway sshd, in the same run, in turns. Prints medians,
# ratios to `rsync -a -e ssh`, CPU of both sides, peak memory and the bytes on the wire.
#
#   FILES=N    files in the tree (default 5000)
#   ROUNDS=N   rounds; each tool runs each case once a round (default 3)
#   SOURCE=DIR a real tree instead of the generated one
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deployment/test-support/sshd.sh
source deployment/test-support/sshd.sh

files=${FILES:-5000}
rounds=${ROUNDS:-3}
tools=(rsync rsync-fsync tandem)
cases=(cold noop edit rename)
receiver_pid= sshd_pid= counter_pid=

build() {
    swift build -c release --product tandem 2>&1 | tail -n 1
    swift build -c release --product tandem-receiver 2>&1 | tail -n 1
    bin=$(swift build -c release --show-bin-path)
    swift build -c release --package-path Benchmarks --scratch-path .build-benchmarks 2>&1 | tail -n 1
    tool=$(swift build -c release --package-path Benchmarks --scratch-path .build-benchmarks --show-bin-path)/bench-tool
}

set_up() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/tandem-bench.XXXXXX")
    mkdir "$work/results"
    export TANDEM_HOME=$work/home
    if [ -n "${SOURCE:-}" ]; then
        cp -a "$SOURCE" "$work/source"
        find "$work/source" -name .gitignore -delete
    else
        mkdir "$work/source"
        "$tool" tree "$work/source" "$files"
    fi
    start_sshd "$work" "$(id -un)"
    # What goes over the wire is counted by a relay that only the ssh alias "counted" passes.
    local port
    port=$(free_port)
    "$tool" count "$port" "$sshd_port" "$work/wire" &
    counter_pid=$!
    wait_for_port "$port" "$counter_pid" || { echo "the relay does not start" >&2; exit 1; }
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$work/host_key.pub")" >>"$work/known_hosts"
    sed "s/Host vm/Host counted/; s/Port $sshd_port/Port $port/" "$work/ssh_config" >"$work/counted_config"
    cat "$work/counted_config" >>"$work/ssh_config"
}

clean_up() {
    local status=$?
    set +e
    stop_receiver
    [ -z "$counter_pid" ] || kill "$counter_pid" 2>/dev/null
    stop_sshd
    [ -z "${work:-}" ] || rm -rf "$work"
    exit "$status"
}

stop_receiver() {
    [ -z "$receiver_pid" ] || { kill "$receiver_pid"; wait "$receiver_pid"; } 2>/dev/null || true
    receiver_pid=
}

# A destination that holds nothing; for Tandem also a receiver that serves it, and a new pair.
fresh_destination() {
    local name=$1 host=$2
    rm -rf "$work/to-$name"
    mkdir "$work/to-$name"
    [ "$name" = tandem ] || return 0
    stop_receiver
    rm -rf "$work/state" "$work/run" "$TANDEM_HOME" "$work/source/.tandem"
    mkdir -m 700 "$work/state" "$work/run"
    "$bin/tandem-receiver" serve --root "$work/to-tandem" --state "$work/state" \
        --socket "$work/run/receiver.sock" 2>>"$work/receiver.log" &
    receiver_pid=$!
    for _ in {1..100}; do
        if [ -S "$work/run/receiver.sock" ]; then break; fi
        sleep 0.05
    done
    "$bin/tandem" pair "$work/source" "$host:$work/to-tandem" --name bench \
        --socket "$work/run/receiver.sock" --ssh-config "$work/ssh_config" >/dev/null
}

push_with() {
    local name=$1 host=$2 result=$3
    local shell="ssh -F $work/ssh_config"
    local destination=$host:$work/to-$name/
    case $name in
        rsync) "$tool" run "$result" rsync -a --delete -e "$shell" "$work/source/" "$destination" ;;
        rsync-fsync) "$tool" run "$result" rsync -a --delete --fsync -e "$shell" "$work/source/" "$destination" ;;
        tandem) "$tool" run "$result" "$bin/tandem" push bench >"$work/push.log" 2>&1 || { cat "$work/push.log" >&2; return 1; } ;;
    esac
}

# CPU seconds of the far side so far: what sshd's sessions used, and the receiver.
far_cpu() {
    local ticks
    ticks=$(awk '{ print $16 + $17 }' "/proc/$sshd_pid/stat")
    [ -z "$receiver_pid" ] || ticks=$((ticks + $(awk '{ print $14 + $15 }' "/proc/$receiver_pid/stat")))
    awk -v ticks="$ticks" -v rate="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", ticks / rate }'
}

# Waits until sshd has no session left, so that its children's CPU is counted.
sessions_ended() {
    for _ in {1..100}; do
        pgrep -P "$sshd_pid" >/dev/null || return 0
        sleep 0.02
    done
}

measure() {
    local case=$1 name=$2 before after
    before=$(far_cpu)
    push_with "$name" vm "$work/results/$case.$name"
    sessions_ended
    after=$(far_cpu)
    awk -v a="$after" -v b="$before" 'BEGIN { printf "%.2f\n", a - b }' >>"$work/results/$case.$name.far"
}

change_source() {
    case $1 in
        edit) printf 'edited in round %s\n' "$2" >>"$(find "$work/source" -type f | sort | sed -n 1p)" ;;
        rename) mv "$renamed" "$renamed-$2" && renamed=$renamed-$2 ;;
    esac
}

one_round() {
    local round=$1 host=${2:-vm} case name
    renamed=$(find "$work/source" -mindepth 1 -maxdepth 1 -type d | sort | sed -n 1p)
    for case in "${cases[@]}"; do
        change_source "$case" "$round"
        for name in "${tools[@]}"; do
            [ "$case" != cold ] || fresh_destination "$name" "$host"
            if [ "$host" = counted ]; then count_wire "$case" "$name"; else measure "$case" "$name"; fi
        done
        if [ "$case" = cold ] && [ "$host" = vm ]; then
            rm -rf "$work/to-floor"
            "$tool" run "$work/results/cold.floor" "$tool" floor "$work/source" "$work/to-floor"
        fi
    done
    tools=("${tools[@]:1}" "${tools[0]}")
}

# One more round through the relay, for the bytes only: it costs time, so it is not timed.
count_wire() {
    local case=$1 name=$2
    : >"$work/wire"
    push_with "$name" counted "$work/ignored"
    for _ in {1..100}; do
        if [ -s "$work/wire" ]; then break; fi
        sleep 0.05
    done
    awk '{ up += $1; down += $2 } END { printf "%.1f/%.1f\n", up / 1000, down / 1000 }' "$work/wire" \
        >"$work/results/$case.$name.wire"
}

median() { cut -d' ' -f"$2" "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

report() {
    local case name wall base near far peak wire
    printf '\n%s files, %s, %s rounds, medians; ratio to rsync -a -e ssh; wire in kB up/down\n\n' \
        "$(find "$work/source" -type f | wc -l)" "$(du -sh "$work/source" | cut -f1)" "$rounds"
    printf '%-8s %-12s %9s %7s %10s %10s %9s %s\n' case tool 'wall s' ratio 'CPU near' 'CPU far' 'peak MB' wire
    for case in "${cases[@]}"; do
        base=$(median "$work/results/$case.rsync" 1)
        for name in rsync rsync-fsync tandem floor; do
            local file=$work/results/$case.$name
            [ -e "$file" ] || continue
            wall=$(median "$file" 1)
            near=$(awk '{ print $2 + $3 }' "$file" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
            peak=$(median "$file" 4)
            far=-; wire=-
            [ ! -e "$file.far" ] || far=$(median "$file.far" 1)
            [ ! -e "$file.wire" ] || wire=$(cat "$file.wire")
            printf '%-8s %-12s %9s %7s %10s %10s %9s %s\n' "$case" "$name" "$wall" \
                "$(awk -v a="$wall" -v b="$base" 'BEGIN { printf "%.2f", a / b }')" \
                "$near" "$far" "$((peak / 1024))" "$wire"
        done
    done
    if [ -n "$receiver_pid" ]; then
        printf '\nreceiver, peak memory: %s\n' "$(awk '/VmHWM/ { print $2, $3 }' "/proc/$receiver_pid/status")"
    fi
}

trap clean_up EXIT
trap 'exit 130' INT TERM
build
set_up
for round in $(seq 1 "$rounds"); do one_round "$round"; done
one_round $((rounds + 1)) counted
report
