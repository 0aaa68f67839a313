#!/usr/bin/env bash
# Shows a pair at work on this machine, with a throwaway sshd standing in for the vm. Needs nothing
# from your own ssh or Tandem set-up and leaves nothing behind.
#
#   SOURCE=DIR   the tree that is copied and pushed (default: the largest of a few system trees)
#   FILES=N      how many files the tree must have at least (default 20000)
#   KEEP=1       keeps the working directory, for a look around
#   CONTAINER=no runs the receiver as a process even where Podman can run
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$PWD
# shellcheck source=deployment/test-support/sshd.sh
source deployment/test-support/sshd.sh

files_wanted=${FILES:-20000}
container=tandem-receiver-demo-$$
demo_user=
receiver_pid=
sshd_pid=
image_built=no

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
note() { printf '  %s\n' "$*"; }
fail() { printf '\ndemo: FAILED: %s\n' "$*" >&2; exit 1; }

# --- the command line, in one place -----------------------------------------------------------

tandem() { printf '$ tandem %s\n' "$*"; command "$tandem_binary" "$@"; }
pair_command() { tandem pair "$laptop" "vm:$vm_root" --socket "$socket" --ssh-config "$work/ssh_config"; }
push_command() { tandem push -C "$laptop" "$@"; }
serve_command() {
    "$receiver_binary" serve --root "$vm_root" --state "$vm_home/state" --socket "$socket" \
        --http "127.0.0.1:$http_port" --logs "$vm_home/logs"
}

# --- setting up -------------------------------------------------------------------------------

# At a terminal the build shows how far it is; elsewhere only its last line counts, unless it failed.
built() {
    local output
    if [ -t 1 ]; then "$@" || fail "$*"; return; fi
    output=$("$@" 2>&1) || { printf '%s\n' "$output" >&2; fail "$*"; }
    printf '%s\n' "$output" | tail -n 1 | sed 's/^/  /'
}

build() {
    step "Building (the first time takes a few minutes)"
    built swift build -c release --product tandem
    tandem_binary=$(swift build -c release --show-bin-path)/tandem
    built deployment/receiver/build-static.sh
    receiver_binary=$project/dist/tandem-receiver
    test -x "$tandem_binary" || fail "tandem was not built"
    test -x "$receiver_binary" || fail "tandem-receiver was not built"
}

make_work_directory() {
    work=$(mktemp -d /tmp/tandem-demo.XXXXXX)
    chmod 755 "$work"
    laptop=$work/laptop
    vm_home=$work/vm
    vm_root=$vm_home/app
    socket=$vm_home/run/receiver.sock
    export TANDEM_HOME=$work/tandem-home
    mkdir -p "$laptop" "$vm_root" "$vm_home/state" "$vm_home/run" "$vm_home/logs"
    chmod 700 "$vm_home/state" "$vm_home/run" "$vm_home/logs"
}

# The account that owns the vm side: a new one where that can be made, else the one running this.
choose_user() {
    vm_user=$(id -un)
    if [ "$(id -u)" -eq 0 ] && command -v useradd >/dev/null; then
        demo_user=tandem-demo-$$
        useradd --system --no-create-home --home-dir "$vm_home" --shell /bin/sh "$demo_user"
        # An account without a password is locked, and sshd refuses a locked one; "*" is neither.
        usermod -p '*' "$demo_user"
        vm_user=$demo_user
        chown -R "$demo_user:" "$vm_home"
    fi
    vm_uid=$(id -u "$vm_user")
    vm_gid=$(id -g "$vm_user")
    note "the vm side belongs to $vm_user (uid $vm_uid)"
}

podman_here() {
    CONTAINERS_CONF=$project/deployment/test-support/containers.conf \
        podman --root "$work/podman/root" --runroot "$work/podman/run" "$@" 2>>"$work/podman.log"
}

start_container() {
    [ "${CONTAINER:-yes}" != no ] || { note "CONTAINER=no"; return 1; }
    [ "$(id -u)" -eq 0 ] || { note "Podman is tried as root only"; return 1; }
    for tool in podman runc slirp4netns; do
        command -v "$tool" >/dev/null || { note "$tool is not installed"; return 1; }
    done
    image=$(podman_here build --quiet --pull=never --format docker \
        --file deployment/receiver/Containerfile dist) || { note "the image cannot be built here: $(tail -n 1 "$work/podman.log")"; return 1; }
    image_built=yes
    # The options of deployment/receiver/rootful/tandem-receiver.container.
    podman_here run --detach --name "$container" --pull=never --network slirp4netns \
        --read-only --cap-drop=all --security-opt=no-new-privileges --user "$vm_uid:$vm_gid" \
        --publish "127.0.0.1:$http_port:8080" \
        --volume "$vm_root:/app:z" --volume "$vm_home/logs:/logs:z" \
        --volume "$vm_home/state:/state:Z" --volume "$vm_home/run:/run/tandem:Z" \
        "$image" >/dev/null || { note "Podman cannot run a container here ($(tail -n 1 "$work/podman.log"))"; return 1; }
}

start_process() {
    if [ -n "$demo_user" ]; then
        setpriv --reuid "$vm_uid" --regid "$vm_gid" --clear-groups "$receiver_binary" serve \
            --root "$vm_root" --state "$vm_home/state" --socket "$socket" \
            --http "127.0.0.1:$http_port" --logs "$vm_home/logs" >"$work/receiver.log" 2>&1 &
    else
        serve_command >"$work/receiver.log" 2>&1 &
    fi
    receiver_pid=$!
}

start_receiver() {
    http_port=$(free_port)
    if start_container; then
        where="in a Podman container (read-only, no capabilities, uid $vm_uid)"
    else
        start_process
        where="as a process of uid $vm_uid"
    fi
    for _ in {1..100}; do
        if "$receiver_binary" health --http "127.0.0.1:$http_port" >/dev/null 2>&1; then
            note "the receiver runs $where"
            return
        fi
        sleep 0.1
    done
    [ "$image_built" = no ] || podman_here logs "$container" >&2 || true
    cat "$work/receiver.log" >&2 2>/dev/null || true
    fail "the receiver does not get healthy"
}

# Copies a real tree, and more than one where the first has too few files; a small system's trees are
# copied again under another name until there are enough.
copy_tree() {
    local source sources count=0 round
    read -r -a sources <<<"${SOURCE:-/usr/share /usr/include /usr/lib .build/checkouts}"
    for round in "" -again -once-more; do
        for source in "${sources[@]}"; do
            if [ "$count" -ge "$files_wanted" ]; then break 2; fi
            [ -d "$source" ] || continue
            # What this user cannot read is not part of the demo, and large libraries only take time.
            rsync -a --no-owner --no-group --max-size=4m --exclude=.git --exclude=.gitignore \
                "$source/" "$laptop/$(basename "$source")$round/" 2>/dev/null || true
            count=$(find "$laptop" -type f | wc -l)
        done
    done
    chmod -R u+rwX "$laptop"
    note "$count files, $(du -sh "$laptop" | cut -f1), copied from ${sources[*]}"
    [ "$count" -ge "$files_wanted" ] || fail "found only $count files; SOURCE=DIR names another tree"
}

# --- what it shows ----------------------------------------------------------------------------

# Compares the two trees with rsync, by content, without Tandem having a say.
# What Tandem leaves out by default is left out here too; $1 is a path expected to differ.
check_equal() {
    local expected=${1:-} differences
    differences=$(rsync -rlcn -E --delete --itemize-changes \
        --exclude-from=deployment/demo/left-out.rules "$laptop/" "$vm_root/" \
        | grep -v '^\.d' || true)
    if [ -n "$expected" ]; then
        differences=$(printf '%s\n' "$differences" | grep -vF "$expected" || true)
    fi
    [ -z "$differences" ] || fail "rsync finds the two sides different: $(printf '%s\n' "$differences" | sed -n 1,5p)"
    note "rsync, by content: both sides equal${expected:+ but for $expected}"
}

timed() {
    local start end status=0
    start=$(date +%s%N)
    # Progress is for a terminal; it is shown only when the command went wrong.
    "$@" 2>"$work/progress" | sed 's/^/    /' || status=$?
    end=$(date +%s%N)
    [ "$status" -le 1 ] || cat "$work/progress" >&2
    note "$(awk -v ns=$((end - start)) 'BEGIN { printf "%.2f s", ns / 1e9 }')"
    return "$status"
}

first_push() {
    step "1. Pair and push"
    timed pair_command
    timed push_command
    check_equal
}

second_push() {
    step "2. Push again: nothing to do"
    timed push_command
}

edit_one() {
    step "3. Edit one file"
    edited=$(find "$laptop" -type f -size +1k -size -64k -name '*.txt' | sort | sed -n 1p)
    [ -n "$edited" ] || edited=$(find "$laptop" -type f -size +1k | sort | sed -n 1p)
    echo "a line added by the demo" >>"$edited"
    note "${edited#"$laptop/"}"
    timed push_command --verbose
    check_equal
}

rename_directory() {
    step "4. Rename the largest directory: its files are not sent again"
    local largest count
    largest=$(for directory in "$laptop"/*/*/; do
        printf '%s %s\n' "$(find "$directory" -type f | wc -l)" "$directory"
    done | sort -rn | sed -n 1p)
    count=${largest%% *}
    largest=${largest#* }
    largest=${largest%/}
    mv "$largest" "$largest-renamed"
    note "${largest#"$laptop/"} → $(basename "$largest")-renamed, $count files"
    timed push_command --verbose
    check_equal
}

show_conflict() {
    step "5. The same file changed on both sides: a conflict, left alone"
    local name=${edited#"$laptop/"} status=0
    [ -e "$edited" ] || { name=$(cd "$laptop" && find . -type f -size +1k | sort | sed -n 1p); name=${name#./}; }
    echo "the laptop's line" >>"$laptop/$name"
    echo "the vm's line" >>"$vm_root/$name"
    timed push_command || status=$?
    [ "$status" -eq 1 ] || fail "a push with a conflict ends $status, not 1"
    grep -q "the vm's line" "$vm_root/$name" || fail "the vm's line is gone"
    ! grep -q "the laptop's line" "$vm_root/$name" || fail "the vm's file was overwritten"
    note "$name still holds the vm's line on the vm and the laptop's on the laptop"
    check_equal "$name"
}

clean_up() {
    local status=$?
    set +e
    [ -z "$receiver_pid" ] || { kill "$receiver_pid"; wait "$receiver_pid"; } 2>/dev/null
    if [ -d "${work:-/nonexistent}/podman" ]; then
        podman_here rm --force --time 2 "$container" >/dev/null
        umount "$work/podman/root/overlay" 2>/dev/null
    fi
    stop_sshd
    [ -z "$demo_user" ] || userdel "$demo_user" 2>/dev/null
    if [ -n "${work:-}" ]; then
        if [ -n "${KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
    fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

build
step "A stand-in for the vm"
make_work_directory
choose_user
start_sshd "$work" "$vm_user"
note "sshd listens on 127.0.0.1:$sshd_port with keys made for this run"
start_receiver
copy_tree
first_push
second_push
edit_one
rename_directory
show_conflict

step "demo: OK: $(find "$laptop" -type f | wc -l) files pushed over SSH, applied $where, compared by rsync"
