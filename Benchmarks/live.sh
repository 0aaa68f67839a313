#!/usr/bin/env bash
# Measures a pair that the agent keeps in sync: how long an edit takes to be on the other side, what it
# costs, what idleness costs, and memory. The agent, a throwaway sshd and the receiver are the real
# programs. Beside it: the disk's floor, and lsyncd where it is installed.
#
#   FILES="1000 50000"  trees to measure, one after the other (default 1000 50000 500000)
#   EDITS=N             edits in each direction (default 100)
#   FLUSHES=N           edits that `tandem flush` acknowledges (default 20)
#   IDLE=N              seconds of idleness that are watched (default 60)
#   BURST=N             new files at once (default 5000)
#   PEERS=""            leaves lsyncd out, which is measured beside it where it is installed
#   BIN=DIR             measures the programs in a directory instead of building them
#   RESULTS=FILE        where the table goes besides the terminal
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deployment/test-support/sshd.sh
source deployment/test-support/sshd.sh

sizes=${FILES:-1000 50000 500000}
edits=${EDITS:-100}
flushes=${FLUSHES:-20}
idle=${IDLE:-60}
burst=${BURST:-5000}
peers=${PEERS-lsyncd}
# How often an edit is made durable on its way to be visible, counted with strace: see README.md.
durable_steps=${DURABLE_STEPS:-6}
near_pid= far_pid= sshd_pid= near_base=0 far_base=0

build() {
    local product
    bin=${BIN:-}
    if [ -z "$bin" ]; then
        for product in tandem tandem-agent tandem-receiver; do
            swift build -c release --product "$product" 2>&1 | tail -n 1
        done
        bin=$(swift build -c release --show-bin-path)
    fi
    swift build -c release --package-path Benchmarks --scratch-path .build-benchmarks 2>&1 | tail -n 1
    tool=$(swift build -c release --package-path Benchmarks --scratch-path .build-benchmarks --show-bin-path)/bench-tool
}

set_up() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/tandem-live.XXXXXX")
    export TANDEM_HOME=$work/home TANDEM_NO_AUTOSTART=1
    start_sshd "$work" "$(id -un)"
}

clean_up() {
    local status=$?
    set +e
    stop_both
    stop_sshd
    [ -z "${work:-}" ] || rm -rf "$work"
    exit "$status"
}

end_process() {
    [ -z "$1" ] || { kill "$1"; wait "$1"; } 2>/dev/null || true
}

stop_both() {
    end_process "$near_pid"
    end_process "$far_pid"
    near_pid='' far_pid=''
}

wait_until() {
    for _ in {1..6000}; do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "waited in vain: $*" >&2
    return 1
}

# --- what is measured -------------------------------------------------------------------------

# Seconds of CPU that processes and all their children used so far, those that have ended included.
cpu_of() {
    { cat /proc/[0-9]*/stat 2>/dev/null || true; } | awk -v roots="$*" -v rate="$(getconf CLK_TCK)" '
        { pid = $1; sub(/^.*\) /, ""); parent[pid] = $2; ticks[pid] = $12 + $13 + $14 + $15 }
        END {
            count = split(roots, root, " ")
            for (i = 1; i <= count; i++) wanted[root[i]] = 1
            for (more = 1; more;) {
                more = 0
                for (pid in parent) if (!(pid in wanted) && (parent[pid] in wanted)) { wanted[pid] = 1; more = 1 }
            }
            for (pid in wanted) sum += ticks[pid]
            printf "%.2f", sum / rate
        }'
}

near_cpu() { cpu_of "$near_pid"; }
far_cpu() { cpu_of "$sshd_pid" $far_pid; }
memory_of() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }
minus() { awk -v a="$1" -v b="$2" -v by="${3:-1}" 'BEGIN { printf "%.4f", (a - b) / by }'; }

# p50, p95 and maximum of a file of seconds, as milliseconds; and how many were lost.
spread() {
    sort -n "$1" | awk '
        /lost/ { lost++; next }
        { v[++count] = $1 * 1000 }
        END {
            if (count == 0) { printf "all lost"; exit }
            i = int(count * 0.5 + 0.5); j = int(count * 0.95 + 0.5)
            printf "%.1f / %.1f / %.1f", v[i < 1 ? 1 : i], v[j < 1 ? 1 : j], v[count]
            if (lost > 0) printf ", %d lost", lost
        }'
}

row() { printf '| %-7s | %-8s | %-46s | %s |\n' "$1" "$2" "$3" "$4" | tee -a "$results"; }

# Paths all over the tree, in no order that a cache would like.
some_paths() {
    (cd "$work/laptop" && find . -name 'file-*' -type f) | sed 's,^\./,,' | sort |
        awk -v count="$1" -v salt="$2" '
            { path[NR] = $0 }
            END { for (i = 1; i <= count && NR > 0; i++) print path[(i * 7919 + salt * 104729) % NR + 1] }'
}

measure_edits() {
    local files=$1 name=$2 from=$3 to=$4 what=$5 near far
    some_paths "$edits" "$((${#what} + RANDOM % 100))" >"$work/paths"
    near=$(near_cpu) far=$(far_cpu)
    "$tool" edits "$work/$from" "$work/$to" "$work/paths" 100 "$work/edits"
    row "$files" "$name" "$what, ms p50 / p95 / max" "$(spread "$work/edits")"
    row "$files" "$name" "$what, CPU ms an edit, near / far" \
        "$(minus "$(near_cpu)" "$near" "$edits" | awk '{ printf "%.1f", $1 * 1000 }') / $(minus "$(far_cpu)" "$far" "$edits" | awk '{ printf "%.1f", $1 * 1000 }')"
}

measure_idle() {
    local files=$1 name=$2 near far
    sleep 5
    near=$(near_cpu) far=$(far_cpu)
    sleep "$idle"
    row "$files" "$name" "idle, CPU s a minute, near / far" \
        "$(minus "$(near_cpu)" "$near" "$(minus "$idle" 0 60)") / $(minus "$(far_cpu)" "$far" "$(minus "$idle" 0 60)")"
}

measure_burst() {
    local files=$1 name=$2 near far seconds
    near=$(near_cpu) far=$(far_cpu)
    seconds=$("$tool" burst "$work/laptop/new-$name" "$work/vm/new-$name" "$burst") || true
    row "$files" "$name" "$burst new files until equal, s; CPU s near / far" \
        "$seconds; $(minus "$(near_cpu)" "$near") / $(minus "$(far_cpu)" "$far")"
}

measure_memory() {
    local files=$1 entries near far
    entries=$(find "$work/laptop" -mindepth 1 -name .tandem -prune -o -print | wc -l)
    near=$(memory_of "$near_pid" VmRSS) far=$(memory_of "$far_pid" VmRSS)
    row "$files" tandem "memory MB now (peak), near / far" \
        "$((near / 1024)) ($(($(memory_of "$near_pid" VmHWM) / 1024))) / $((far / 1024)) ($(($(memory_of "$far_pid" VmHWM) / 1024)))"
    if [ "$files" -eq 0 ]; then
        near_base=$near far_base=$far
    else
        row "$files" tandem "bytes an entry over an empty pair, near / far" \
            "$(((near - near_base) * 1024 / entries)) / $(((far - far_base) * 1024 / entries))"
    fi
}

# --- the tools --------------------------------------------------------------------------------

fresh_roots() {
    stop_both
    rm -rf "$work/laptop" "$work/vm" "$work/state" "$work/run" "$TANDEM_HOME"
    mkdir "$work/laptop"
    mkdir -m 700 "$work/state" "$work/run"
    "$tool" small-tree "$work/laptop" "$1"
    cp -a "$work/laptop" "$work/vm"
    sync
}

start_tandem() {
    "$bin/tandem-receiver" serve --root "$work/vm" --state "$work/state" \
        --socket "$work/run/receiver.sock" 2>>"$work/receiver.log" &
    far_pid=$!
    wait_until test -S "$work/run/receiver.sock"
    "$bin/tandem" pair "$work/laptop" "vm:$work/vm" --name bench \
        --socket "$work/run/receiver.sock" --ssh-config "$work/ssh_config" >/dev/null
    start_agent
}

start_agent() {
    "$bin/tandem-agent" >>"$work/agent.out" 2>&1 &
    near_pid=$!
    wait_until test -S "$TANDEM_HOME/run/sock"
    "$bin/tandem" up bench >/dev/null
    "$bin/tandem" flush bench --wait 600s >/dev/null
}

measure_start() {
    local files=$1 far start
    end_process "$near_pid"
    rm -f "$TANDEM_HOME/run/sock"
    far=$(far_cpu)
    start=$(date +%s.%N)
    start_agent
    row "$files" tandem "agent started until in sync, s; CPU s near / far" \
        "$(minus "$(date +%s.%N)" "$start"); $(near_cpu) / $(minus "$(far_cpu)" "$far")"
}

measure_flush() {
    local files=$1 path start
    : >"$work/flushes"
    for path in $(some_paths "$flushes" 3); do
        start=$(date +%s.%N)
        echo "flushed $start" >"$work/laptop/$path"
        "$bin/tandem" flush bench >/dev/null
        minus "$(date +%s.%N)" "$start" >>"$work/flushes"
        echo >>"$work/flushes"
        sleep 0.1
    done
    row "$files" tandem "edit and \`tandem flush\`, ms p50 / p95 / max" "$(spread "$work/flushes")"
}

measure_tandem() {
    local files=$1
    fresh_roots "$files"
    start_tandem
    if [ "$files" -gt 0 ]; then
        measure_start "$files"
        measure_edits "$files" tandem laptop vm "laptop to vm"
        measure_edits "$files" tandem vm laptop "vm to laptop"
        measure_flush "$files"
        measure_burst "$files" tandem
    fi
    measure_idle "$files" tandem
    measure_memory "$files"
    if [ "$files" -gt 0 ]; then
        "$bin/tandem" flush bench --wait 60s >/dev/null
        diff -rq --exclude=.tandem "$work/laptop" "$work/vm" >/dev/null ||
            row "$files" tandem "the sides are the same" NO
    fi
}

measure_floor() {
    "$tool" replace "$work" 50 "$work/floor"
    row "$1" floor "one durable replacement, ms p50 / p95 / max" "$(spread "$work/floor")"
    row "$1" floor "$durable_steps of them, ms p50 / p95 / max" \
        "$(awk -v n="$durable_steps" '{ print $1 * n }' "$work/floor" >"$work/floors"; spread "$work/floors")"
}

# Changes are sent one second after the first of them: lsyncd's smallest delay.
measure_lsyncd() {
    local files=$1
    fresh_roots "$files"
    cat >"$work/lsyncd.lua" <<LUA
settings { nodaemon = true, insist = true }
sync { default.rsync, source = "$work/laptop", target = "vm:$work/vm", delay = 1,
    rsync = { archive = true, rsh = "ssh -F $work/ssh_config" } }
LUA
    lsyncd -nodaemon "$work/lsyncd.lua" >"$work/lsyncd.log" 2>&1 &
    near_pid=$!
    settle_peer lsyncd
    measure_edits "$files" lsyncd laptop vm "laptop to vm"
    measure_burst "$files" lsyncd
    measure_idle "$files" lsyncd
}

# A peer is ready when an edit has come through.
settle_peer() {
    echo ready >"$work/laptop/ready-$1"
    wait_until cmp "$work/laptop/ready-$1" "$work/vm/ready-$1"
    sleep 2
}

trap clean_up EXIT
trap 'exit 130' INT TERM
build
set_up
results=${RESULTS:-$work/results}
: >"$results"
printf '\nload before: %s; %s cores; edits are 100 ms apart\n\n' "$(cut -d' ' -f1-3 /proc/loadavg)" "$(nproc)"
row files tool what value
row ------- -------- ---- -----
measure_tandem 0
for files in $sizes; do
    measure_floor "$files"
    measure_tandem "$files"
    for peer in $peers; do
        command -v "$peer" >/dev/null || continue
        "measure_$peer" "$files"
    done
done
printf '\nload after: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
