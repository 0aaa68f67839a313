#!/usr/bin/env bash
# Snapshots of a real tree that changes between them, beside restic and borg on the same tree in the
# same run: COUNT snapshots each, then the last one restored and compared, a prune to a third, and a
# verification that reads everything. Each tool has its turn after every change, in changing order.
#
#   FILES=50000   entries to copy from SOURCE (its first so many regular files)
#   COUNT=20      snapshots
#   CHANGED=60    files changed before each snapshot, among them one edit in a big file
#   EVERY=0       seconds from one snapshot to the next; 0 takes them one after the other
#   SOURCE=/usr   where the tree comes from
#   SNAPSHOT=…    the tandem-snapshot to time; dist/tandem-snapshot
set -euo pipefail
cd "$(dirname "$0")/.."

files=${FILES:-50000} count=${COUNT:-20} changed=${CHANGED:-60} every=${EVERY:-0}
source=${SOURCE:-/usr}
snapshot=$(realpath "${SNAPSHOT:-dist/tandem-snapshot}")
for tool in restic borg /usr/bin/time; do
    command -v "$tool" >/dev/null || {
        echo "snapshots: $tool is missing; apt-get install restic borgbackup time" >&2
        exit 69
    }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/tandem-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
mkdir -m 700 "$tree" "$work/store" "$work/state"
export RESTIC_PASSWORD=bench RESTIC_REPOSITORY=$work/restic RESTIC_CACHE_DIR=$work/restic-cache
export BORG_REPO=$work/borg BORG_BASE_DIR=$work/borg-base BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes

# The first regular files of the source, those that all three tools take, plus one big file.
# A closed pipe ends find, and a file that may not be read is left out: neither is a failure here.
(cd "$source" && find . -xdev -type f -size -4096k ! -path '*/logs/*' ! -name '*.log' \
    ! -name '*.pyc' ! -name '*~' ! -name '*.swp' -print0 2>/dev/null || true) |
    head -z -n "$files" >"$work/chosen" || true
tar -C "$source" --null -T "$work/chosen" --ignore-failed-read -cf - 2>/dev/null | tar -C "$tree" -xf -
head -c 200000000 < <(cat "$tree"/lib/x86_64-linux-gnu/* /usr/lib/x86_64-linux-gnu/*.so* 2>/dev/null) >"$tree/big.bin"
total=$(find "$tree" -type f | wc -l)
bytes=$(du -sb --apparent-size "$tree" | cut -f1)
printf 'tree: %s files, %s bytes; %s cores, %s\n' "$total" "$bytes" "$(nproc)" "$(date -u +%FT%TZ)"
printf 'tools: %s; %s; %s\n' "$(restic version | cut -d' ' -f1-2)" "$(borg --version)" \
    "tandem-snapshot $("$snapshot" --version)"

restic init -q
borg init -e none

find "$tree" -type f -size +2k -size -200k ! -name big.bin | sort >"$work/list"
list_length=$(wc -l <"$work/list")

change() { # changes $changed files in a way that depends on the round alone
    local round=$1 number line file
    for number in $(seq 1 "$changed"); do
        line=$(((round * 7919 + number * 104729) % list_length + 1))
        file=$(sed -n "${line}p" "$work/list")
        printf 'round %s change %s\n' "$round" "$number" >>"$file"
    done
    printf 'round %s' "$round" | dd of="$tree/big.bin" bs=1 seek=$((round * 4999999 % 190000000)) \
        conv=notrunc status=none
    mkdir -p "$tree/new-$round"
    head -c 30000 /dev/urandom | base64 >"$tree/new-$round/file"
}

timed() { # NAME TOOL COMMAND…: wall and CPU seconds and peak memory to $work/times
    local what=$1 tool=$2
    shift 2
    if ! /usr/bin/time -f "$what $tool %e %U %S %M" -a -o "$work/times" "$@" >"$work/out" 2>"$work/err"; then
        cat "$work/out" "$work/err" >&2
        echo "snapshots: $tool failed at $what" >&2
        exit 2
    fi
}

take() {
    local what=$1
    case $2 in
        tandem) timed "$what" tandem "$snapshot" take --root "$tree" --store "$work/store" \
            --state "$work/state" --garbage --git ;;
        restic) timed "$what" restic restic backup -q "$tree" ;;
        borg) timed "$what" borg borg create "::s$3" "$tree" ;;
    esac
}

orders=("tandem restic borg" "restic borg tandem" "borg tandem restic")
for round in $(seq 0 $((count - 1))); do
    began=$(date +%s)
    [ "$round" -eq 0 ] || change "$round"
    what=later
    [ "$round" -ne 0 ] || what=first
    for tool in ${orders[$((round % 3))]}; do take "$what" "$tool" "$round"; done
    if [ "$round" -eq 0 ]; then
        for tool in tandem restic borg; do take unchanged "$tool" unchanged; done
    fi
    left=$((began + every - $(date +%s)))
    if [ "$left" -gt 0 ] && [ "$round" -lt $((count - 1)) ]; then sleep "$left"; fi
done

size() { du -sb --apparent-size "$1" | cut -f1; }
stored="$(size "$work/store") $(size "$work/restic") $(size "$work/borg")"

timed restore tandem "$snapshot" restore latest "$work/back-tandem" --store "$work/store"
timed restore restic restic restore -q latest --target "$work/back-restic"
mkdir "$work/back-borg"
(cd "$work/back-borg" && timed restore borg borg extract "::s$((count - 1))")
diff -r --no-dereference "$tree" "$work/back-tandem" >"$work/diff" || {
    head "$work/diff" >&2
    echo "snapshots: what tandem restored is not the tree" >&2
    exit 2
}
echo "restored by tandem: equal to the tree"
rm -rf "$work"/back-*

keep=$((count / 3))
timed prune tandem "$snapshot" prune --store "$work/store" --keep-last "$keep"
timed prune restic restic forget -q --keep-last "$keep" --prune
timed prune borg bash -c "borg prune --keep-last $keep && borg compact"
pruned="$(size "$work/store") $(size "$work/restic") $(size "$work/borg")"
timed verify tandem "$snapshot" verify --store "$work/store"
timed verify restic restic check -q --read-data
timed verify borg borg check --verify-data

printf '\n%-10s %-8s %5s %9s %9s %9s\n' act tool runs wall-s cpu-s MiB
for what in first unchanged later restore prune verify; do
    for tool in tandem restic borg; do
        awk -v w="$what" -v t="$tool" '
            $1 == w && $2 == t { wall[n++] = $3; cpu += $4 + $5; if ($6 > top) top = $6 }
            END {
                for (i = 0; i < n; i++) for (j = i + 1; j < n; j++)
                    if (wall[j] < wall[i]) { s = wall[i]; wall[i] = wall[j]; wall[j] = s }
                printf "%-10s %-8s %5d %9.2f %9.2f %9d\n", w, t, n, wall[int(n / 2)], cpu / n, top / 1024
            }' "$work/times"
    done
done
echo "(wall: the median of the runs; cpu: their mean; MiB: the most of any)"
show() {
    printf '%-10s tandem %s, restic %s, borg %s\n' "$1" "$2" "$3" "$4"
    awk -v s="$bytes" -v a="$2" -v b="$3" -v c="$4" -v n="$5" \
        'BEGIN { printf "  content / store: tandem %.1f, restic %.1f, borg %.1f\n", n*s/a, n*s/b, n*s/c }'
}
# shellcheck disable=SC2086
show 'store' $stored $((count + 1))
# shellcheck disable=SC2086
show 'pruned' $pruned "$keep"
