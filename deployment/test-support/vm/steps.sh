# shellcheck shell=bash
# The steps of vm-test.sh, and harm.sh has the rest: each does something a person does or meets; the first command in it that
# fails is its failure. (One that may fail stands in a condition: "a && b" is one, "wait_until" another.)
# What a step writes after "note:" stands in the log of a run that held.
# Uses: work shop tandem project delay podman note, and what stand-in.sh sets.

t() { on_laptop "$tandem" "$@"; }

deploy() { SSH="$(laptop_words) ssh -F $ssh_config" deployment/setup/deploy.sh devvm "$@"; }

ready() { vm_ssh curl -fs -o /dev/null 127.0.0.1:8081/readyz 2>/dev/null; }

healthy() { t vm status --pair shop >"$work/status" 2>&1; }

# Every file by content.
digest_of() { (cd "$1" && find . -path ./.tandem -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
digest_there() {
    vm_ssh 'cd app && find . -path ./.tandem -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum'
}
trees_are_equal() { [ "$(digest_of "$shop")" = "$(digest_there)" ]; }

# The vm's tree as a program there would write it, also while no login reaches it.
vm_write() {
    local file=$vm_root/home/dev/app/$1
    install -d -o 1000 -g 1000 "$(dirname "$file")"
    echo "$2" >"$file"
    chown 1000:1000 "$file"
}

# MARK: - what is used

install_programs() {
    make --no-print-directory install "DESTDIR=$work/installed" PREFIX=/usr
    local program
    for program in bin/tandem bin/tandem-agent libexec/tandem/tandem-receiver \
        libexec/tandem/tandem-snapshot libexec/tandem/tandem-manager; do
        [ "$(stat -c %a "$work/installed/usr/$program")" = 755 ] || { echo "$program is not there"; return 1; }
    done
    [ "$(find "$work/installed" -type f | wc -l)" -eq 5 ] || { find "$work/installed"; return 1; }
    note "$("$work/installed/usr/bin/tandem" version | head -n 1), $(du -sh "$work/installed" | cut -f1)"
}

make_tree() {
    mkdir -p "$shop/src" "$shop/doc"
    local index
    for index in {0..19}; do echo "page $index" >"$shop/doc/page-$index.md"; done
    for index in {0..499}; do echo "file $index" >"$shop/src/file-$index.txt"; done
    head -c 20000000 /dev/urandom >"$shop/large.bin"
}

boot() {
    vm_boot
    vm_line delay "$delay"
    note "$(vm_ssh 'systemctl is-system-running; podman --version' | tr '\n' ' ')"
}

# MARK: - putting it there

pair() {
    t pair "$shop" devvm:app --deploy --receiver-binary dist/tandem-receiver --ssh-config "$ssh_config"
}

pair_again() {
    pair 2>&1 | tee "$work/out"
    grep -q 'deployed already' "$work/out"
}

deploy_again() {
    deploy snapshot manager | tee "$work/out"
    grep -q 'nothing to do' "$work/out"
}

# Only the kernel knows them, and only where it lets the account's systemd hand out its controllers.
limits() {
    local has wanted
    has=" $(vm_ssh 'cat /sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/cgroup.controllers') "
    for wanted in cpu memory pids; do
        [[ $has != *" $wanted "* ]] || continue
        note "not checked: the vm's cgroup2 has no $wanted controller ($(controller_place "$wanted"))"
        return 0
    done
    LIMITS=yes deploy snapshot manager
    [ "$(limit_of tandem-snapshot memory.max)" = "$((512 << 20))" ]
    [ "$(limit_of tandem-manager memory.max)" = "$((256 << 20))" ]
    [ "$(limit_of tandem-manager pids.max)" = 256 ]
}

# Why a controller is not there; the kernel gives each to one hierarchy at a time.
controller_place() {
    if [ "$(awk -v name="$1" '$1 == name { print $2 }' /proc/cgroups 2>/dev/null || true)" -gt 0 ] 2>/dev/null; then
        echo "this machine has it in a hierarchy of cgroup v1; cgroup_no_v1=all on the kernel's command line changes that"
    else
        echo "this machine does not delegate it"
    fi
}

limit_of() { vm_ssh "cat /sys/fs/cgroup\$(cut -d: -f3 /proc/\$(podman inspect -f '{{.State.Pid}}' $1)/cgroup)/$2"; }

status_is_good() {
    wait_until 120 healthy || { cat "$work/status"; return 1; }
    sed 's/^/note: /' "$work/status"
}

logs_and_stats() {
    t vm logs receiver --pair shop --lines 5 | grep -q '"message"'
    t vm stats --pair shop | sed 's/^/note: /'
}

# Runs the blocks of a page in their order: "laptop" here, "vm" there. A command that fails ends it.
page_commands() {
    local side line count=0
    mkdir -p "$work/bin"
    ln -sf "$tandem" "$work/bin/tandem"
    printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$ssh_config" >"$work/bin/ssh"
    chmod +x "$work/bin/ssh"
    while IFS=$'\t' read -r side line; do
        count=$((count + 1))
        echo "$side> $line"
        case $side in
        laptop) on_laptop env PATH="$work/bin:$PATH" bash -c "$line" </dev/null ;;
        vm) vm_ssh "$line" </dev/null ;;
        esac || { echo "this command of the page failed"; return 1; }
    done < <(awk '/^```(laptop|vm)$/ { side = substr($0, 4); next } /^```/ { side = "" } side != "" && NF { print side "\t" $0 }' "$1")
    [ "$count" -gt 15 ]
    note "$count commands"
}

# MARK: - by hand

edit() {
    date +%N >>"$shop/src/file-$((RANDOM % 500)).txt"
    echo "$RANDOM $RANDOM" >"$shop/src/new-$RANDOM.txt"
}

edit_and_push() {
    edit
    t push shop
    trees_are_equal
}

cut_within_a_push() {
    head -c 60000000 /dev/urandom >"$shop/during.bin"
    local status=0
    (wait_until 10 test -s "$work/push.log" && vm_line cut) &
    t push shop >"$work/push.log" 2>&1 || status=$?
    wait $!
    note "push ended with $status: $(grep -m1 '^tandem:' "$work/push.log")"
    vm_line heal
    [ "$status" -eq 69 ]
    t push shop
    trees_are_equal
}

# MARK: - by the agent

in_sync() {
    t flush shop --wait "${1:-90s}" >"$work/flush" 2>&1 && trees_are_equal
}

# A flush says what was saved before it; what the vm saw in the same moment may need one more.
wait_in_sync() {
    wait_until 90 in_sync || { cat "$work/flush"; t status shop; return 1; }
    note "$(head -n 1 "$work/flush")"
}

agent_process() { t service status --json | sed -n 's/.*"process" *: *\([0-9]*\).*/\1/p'; }

up() {
    t up shop
    wait_in_sync
    note "the agent is process $(agent_process) of the laptop"
}

edit_laptop() {
    echo "from the laptop $RANDOM" >"$shop/src/laptop.txt"
    t flush shop
    [ "$(vm_ssh cat app/src/laptop.txt)" = "$(cat "$shop/src/laptop.txt")" ]
}

edit_vm() {
    local text="from the vm $RANDOM"
    vm_ssh "echo '$text' >app/src/vm.txt"
    wait_until 60 grep -qsx "$text" "$shop/src/vm.txt"
    wait_in_sync
}

edit_both() {
    edit
    vm_write "src/vm-$RANDOM.txt" "from the vm $RANDOM"
    wait_in_sync
}

rename_and_delete() {
    mv "$shop/src" "$shop/source"
    wait_in_sync
    mv "$shop/source" "$shop/src"
    wait_in_sync
    vm_ssh 'rm app/src/file-1?.txt && mv app/doc app/manual'
    wait_until 60 test ! -e "$shop/src/file-11.txt" -a ! -e "$shop/doc" -a -e "$shop/manual/page-1.md" ||
        { t status shop --all; return 1; }
    wait_in_sync
}

partition() {
    vm_line cut
    edit
    vm_write src/while-cut.txt "by the vm while the line was cut"
    wait_until 90 agent_noticed || { t status shop; return 1; }
    note "the agent says: $(head -n 1 "$work/noticed")"
    [ ! -e "$shop/src/while-cut.txt" ]
    vm_line heal
    wait_until 60 test -e "$shop/src/while-cut.txt"
    wait_in_sync
}

# It is not in sync and does not say so.
agent_noticed() { ! t flush shop --wait 2s >"$work/noticed" 2>&1; }

conflict() {
    vm_line cut
    echo "the laptop's" >"$shop/src/file-2.txt"
    vm_write src/file-2.txt "the vm's"
    agent_noticed
    vm_line heal
    wait_until 90 conflict_is_shown || { t status shop; return 1; }
    [ "$(cat "$shop/src/file-2.txt")" = "the laptop's" ]
    [ "$(vm_ssh cat app/src/file-2.txt)" = "the vm's" ]
    t conflicts resolve src/file-2.txt --keep vm --pair shop
    wait_in_sync
    [ "$(cat "$shop/src/file-2.txt")" = "the vm's" ]
}

conflict_is_shown() {
    t conflicts shop >"$work/out" 2>&1 || true
    grep -q 'file-2.txt' "$work/out"
}

kill_agent() {
    local process
    process=$(agent_process)
    on_laptop kill -KILL "$process"
    edit
    vm_write src/while-dead.txt "by the vm while no agent ran"
    local status=0
    t status shop >"$work/out" 2>&1 || status=$?
    note "tandem status ends with $status while no agent runs"
    [ "$status" -eq 69 ]
    t up shop
    wait_in_sync
}

down() {
    t down --all
    wait_until 15 agent_is_gone
}

agent_is_gone() { ! t service status >/dev/null 2>&1; }
