# shellcheck shell=bash
# A stand-in for the vm, and a laptop beside it: two network namespaces with a line between them. In
# one of them Debian 13 with systemd, Podman 5 and sshd, booted by systemd-nspawn; the other has a
# process table of its own as well, so that what runs there is the laptop's and ends with it.
# Needs root. Sourced, not run; nothing of the machine's own network is touched.
#
#   vm_create CACHE DIRECTORY  a fresh vm in DIRECTORY from the root file system of rootfs.sh CACHE
#   vm_boot                 the line and the machine; waits for sshd
#   vm_ssh WORDS            ssh from the laptop as dev;   vm_as_root WORDS   the same as root
#   on_laptop WORDS         runs them on the laptop
#   vm_line WORDS           delay MS | loss FRACTION | cut | heal
#   vm_cut_power            kills the vm's first process, as a power cut would
#   vm_remember, vm_recall  what runs, from one shell to another
#   vm_destroy              ends what was started here and removes what it made

vm_address=10.77.0.2
laptop_address=10.77.0.1

# Sets: vm_directory vm_root vm_name ssh_config
vm_create() {
    local cache=$1
    vm_directory=$2
    vm_root=$vm_directory/rootfs
    vm_name=tandem-$$
    mkdir -p "$vm_directory"
    cp -a --reflink=auto "$cache/rootfs" "$vm_root"
    ssh-keygen -q -t ed25519 -N '' -C laptop -f "$vm_directory/key"
    local home
    for home in root home/dev; do
        install -d -m 0700 "$vm_root/$home/.ssh"
        install -m 0600 "$vm_directory/key.pub" "$vm_root/$home/.ssh/authorized_keys"
    done
    chown -R 1000:1000 "$vm_root/home/dev/.ssh"
    printf '%s %s\n' "$vm_address" "$(cut -d' ' -f1,2 "$vm_root/etc/ssh/ssh_host_ed25519_key.pub")" \
        >"$vm_directory/known_hosts"
    ssh_config=$vm_directory/ssh_config
    cat >"$ssh_config" <<CONFIG
Host devvm
    HostName $vm_address
    User dev
    IdentityFile $vm_directory/key
    IdentitiesOnly yes
    IdentityAgent none
    ConnectTimeout 10
    UserKnownHostsFile $vm_directory/known_hosts
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
    LogLevel ERROR
CONFIG
}

# The words that put a command on the laptop, for what takes a command as words.
laptop_words() { printf 'nsenter --target %s --net --pid --mount --wdns=%s' "$laptop_first" "$PWD"; }

on_laptop() { nsenter --target "$laptop_first" --net --pid --mount --wdns="$PWD" "$@"; }

vm_ssh() { on_laptop ssh -F "$ssh_config" devvm "$@"; }

vm_as_root() { on_laptop ssh -F "$ssh_config" root@devvm "$@"; }

vm_line() { printf '%s\n' "$*" >"$vm_directory/line"; }

vm_boot() {
    laptop_start
    vm_start_line
    vm_start_machine
    vm_wait_for_sshd
    # It shares this machine's kernel: what presses here is not the vm's, and `tandem vm status` would
    # say that it is.
    vm_as_root mount -t tmpfs tmpfs /proc/pressure
}

# The laptop stays on while the vm is booted again. Its first process ends what it adopts, as an init
# does, and takes everything with it when it goes.
laptop_start() {
    [ -z "${laptop_pid:-}" ] || return 0
    ip netns add "$vm_name-laptop"
    ip -n "$vm_name-laptop" link set lo up
    nsenter --net="/run/netns/$vm_name-laptop" unshare --pid --fork --kill-child --mount-proc \
        bash -c 'while :; do sleep 60; done' </dev/null >/dev/null 2>&1 &
    laptop_pid=$!
    wait_until 10 laptop_is_on
}

laptop_is_on() {
    laptop_first=$(ps -o pid= --ppid "$laptop_pid" | tr -d ' ')
    [ -n "$laptop_first" ] && on_laptop test "$(on_laptop ps -o comm= -p 1)" = bash
}

# A fresh namespace for the vm each time: rules for published ports that a cut left behind would send
# to nobody.
vm_start_line() {
    ip netns del "$vm_name-vm" 2>/dev/null || true
    ip netns add "$vm_name-vm"
    ip -n "$vm_name-vm" link set lo up
    rm -f "$vm_directory/line"
    mkfifo -m 0600 "$vm_directory/line"
    python3 "$(dirname "${BASH_SOURCE[0]}")/link.py" "$vm_name-laptop" "$laptop_address" \
        "$vm_name-vm" "$vm_address" "$vm_directory/line" >"$vm_directory/line.log" 2>&1 &
    vm_line_pid=$!
    wait_until 10 grep -q ready "$vm_directory/line.log" || { cat "$vm_directory/line.log" >&2; return 1; }
}

# A cgroup of its own: two machines one after the other in the same one do not boot. The second part
# is for kernels where the controllers are in the first hierarchy.
vm_enter_cgroup() {
    local base
    for base in /sys/fs/cgroup /sys/fs/cgroup/*; do
        [ -e "$base/cgroup.procs" ] || continue
        [ "$base" != /sys/fs/cgroup ] || [ -e "$base/cgroup.controllers" ] || continue
        [ "$base" = /sys/fs/cgroup ] || [ ! -e /sys/fs/cgroup/cgroup.controllers ] || continue
        mkdir -p "$base/$vm_name"
        if [ -e "$base/$vm_name/cpuset.cpus" ] && [ -e "$base/$vm_name/cgroup.clone_children" ]; then
            cat "$base/cpuset.cpus" >"$base/$vm_name/cpuset.cpus"
            cat "$base/cpuset.mems" >"$base/$vm_name/cpuset.mems"
            echo 1 >"$base/$vm_name/cgroup.clone_children"
        fi
        echo "$BASHPID" >"$base/$vm_name/cgroup.procs"
    done
}

vm_start_machine() {
    (
        vm_enter_cgroup
        export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes SYSTEMD_SECCOMP=0
        exec setsid systemd-nspawn -q -D "$vm_root" -M "$vm_name" --register=no --keep-unit \
            --network-namespace-path="/run/netns/$vm_name-vm" --capability=all \
            --console=read-only --resolv-conf=off -b
    ) </dev/null >"$vm_directory/console.log" 2>&1 &
    vm_pid=$!
}

vm_wait_for_sshd() {
    wait_until 60 vm_answers || { tail -n 30 "$vm_directory/console.log" >&2; return 1; }
}

vm_answers() {
    kill -0 "$vm_pid" 2>/dev/null || return 1
    on_laptop timeout 2 bash -c "exec 3<>/dev/tcp/$vm_address/22 && head -c 4 <&3" 2>/dev/null | grep -q SSH-
}

# What is running here, for another shell: written and read back.
vm_remember() {
    [ -d "${vm_directory:-}" ] || return 0
    local name
    for name in vm_pid vm_line_pid laptop_pid laptop_first; do
        printf '%s=%q\n' "$name" "${!name:-}"
    done >"$vm_directory/running"
}

vm_recall() { [ ! -e "${vm_directory:-}/running" ] || . "$vm_directory/running"; }

# Runs a command until it succeeds, for so many seconds.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

vm_cut_power() {
    local first
    first=$(ps -o pid= --ppid "$vm_pid" || true)
    # shellcheck disable=SC2086
    [ -z "$first" ] || kill -KILL $first
    # Its root file system stays locked until the process that started it is gone.
    wait_until 20 vm_is_off
    vm_pid=
    vm_stop_line
}

vm_is_off() {
    local state
    state=$(ps -o stat= -p "$vm_pid" 2>/dev/null || true)
    [ -z "$state" ] || [ "${state:0:1}" = Z ]
}

vm_stop_line() {
    [ -z "${vm_line_pid:-}" ] || kill "$vm_line_pid" 2>/dev/null || true
    wait "${vm_line_pid:-}" 2>/dev/null || true
    vm_line_pid=
}

vm_destroy() {
    [ -n "${vm_name:-}" ] || return 0
    [ -z "${vm_pid:-}" ] || vm_cut_power
    vm_stop_line
    [ -z "${laptop_pid:-}" ] || kill -KILL "$laptop_pid" 2>/dev/null || true
    local side base
    for side in laptop vm; do ip netns del "$vm_name-$side" 2>/dev/null || true; done
    for base in /sys/fs/cgroup/"$vm_name" /sys/fs/cgroup/*/"$vm_name"; do
        [ ! -d "$base" ] || find "$base" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
    rmdir "/run/systemd/nspawn/propagate/$vm_name" 2>/dev/null || true
    rm -rf --one-file-system "$vm_directory"
}
