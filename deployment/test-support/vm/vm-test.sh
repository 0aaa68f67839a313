#!/usr/bin/env bash
# Deploys to a stand-in for the vm (Debian 13, systemd, Podman 5, sshd) and breaks it in every way a
# person meets: containers crash and hang, the power goes, the line is cut, an update is bad. Every step
# is checked and timed; the exit code is 0 when all held. Needs root; costs a minute once for the root
# file system, which is kept in .build-vm.
#
#   TANDEM=PATH    the tandem to use; the debug build's if left out
#   DELAY=25       milliseconds each way on the line
#   KEEP=yes       leaves the vm running when a step fails
set -euo pipefail
cd "$(dirname "$0")/../../.."
project=$PWD
. deployment/test-support/vm/stand-in.sh

cache=${VM_CACHE:-$project/.build-vm}
tandem=${TANDEM:-$(swift build --show-bin-path)/tandem}
delay=${DELAY:-25}
work=$(mktemp -d "${TMPDIR:-/tmp}/tandem-vm-XXXXXX")
shop=$work/shop
export TANDEM_HOME=$work/home
number=0
failed=0

now() { date +%s%N; }

# step TITLE COMMAND…: runs, times and judges; the output is shown when it fails, or with a ">" in front
# of the title's command for what is worth seeing.
step() {
    local title=$1 begin took
    shift
    number=$((number + 1))
    begin=$(now)
    if "$@" >"$work/step.log" 2>&1; then
        took=$((($(now) - begin) / 1000000))
        printf '%2d  ok    %7d ms  %s\n' "$number" "$took" "$title"
        grep -E '^note: ' "$work/step.log" | sed 's/^note: /                      /' || true
    else
        took=$((($(now) - begin) / 1000000))
        printf '%2d  FAIL  %7d ms  %s\n' "$number" "$took" "$title"
        sed 's/^/    | /' "$work/step.log"
        failed=$((failed + 1))
    fi
}

note() { printf 'note: %s\n' "$*"; }

finish() {
    local status=$?
    trap - EXIT
    if [ "$failed" -gt 0 ] && [ "${KEEP:-no}" = yes ]; then
        echo "kept: $work; ssh: nsenter --net=/run/netns/$vm_name-laptop ssh -F $ssh_config devvm"
        exit 1
    fi
    vm_destroy || true
    if [ -d "$work/podman" ]; then "${podman[@]}" system reset --force >/dev/null 2>&1 || true; fi
    umount "$work/podman/overlay" 2>/dev/null || true
    rm -rf --one-file-system "$work"
    [ "$failed" -eq 0 ] || status=1
    exit "$status"
}
trap finish EXIT

# What a machine that builds images may need and a deployment does not.
export CONTAINERS_CONF=$project/deployment/test-support/containers.conf STORAGE_DRIVER=overlay
podman=(podman --root "$work/podman" --runroot "$work/podman-run")
export PODMAN="${podman[*]}" LIMITS=no

t() { on_laptop "$tandem" "$@"; }

deploy() {
    SSH="nsenter --net=/run/netns/$vm_name-laptop ssh -F $ssh_config" \
        deployment/setup/deploy.sh devvm "$@"
}

ready() { vm_ssh curl -fs -o /dev/null 127.0.0.1:8081/readyz 2>/dev/null; }

healthy() { t vm status --pair shop >"$work/status" 2>&1; }

# Every file of both sides by content.
digest_here() { (cd "$shop" && find . -path ./.tandem -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
digest_there() {
    vm_ssh 'cd app && find . -path ./.tandem -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum'
}
trees_are_equal() { [ "$(digest_here)" = "$(digest_there)" ]; }

edit() {
    date +%N >>"$shop/src/file-$((RANDOM % 500)).txt"
    echo "$RANDOM $RANDOM" >"$shop/src/new-$RANDOM.txt"
}

edit_and_push() { edit && t push shop && trees_are_equal; }

# MARK: - steps

make_tree() {
    mkdir -p "$shop/src"
    local index
    for index in {0..499}; do echo "file $index" >"$shop/src/file-$index.txt"; done
    head -c 20000000 /dev/urandom >"$shop/large.bin"
}

boot() {
    vm_boot
    vm_line delay "$delay"
    note "$(vm_ssh 'systemctl is-system-running; podman --version' | tr '\n' ' ')"
}

pair() {
    t pair "$shop" devvm:app --deploy --receiver-binary dist/tandem-receiver --ssh-config "$ssh_config"
}

pair_again() { pair 2>&1 | tee "$work/out" && grep -q 'deployed already' "$work/out"; }

deploy_again() { deploy "${rest[@]}" | tee "$work/out" && grep -q 'nothing to do' "$work/out"; }

status_is_good() { wait_until 120 healthy && sed 's/^/note: /' "$work/status"; }

crash() {
    vm_ssh "kill -9 \$(podman inspect -f '{{.State.Pid}}' $1)"
    wait_until 60 vm_ssh "podman healthcheck run $1" && note "$1 is healthy again"
}

# Stopped by a signal, the program lives and answers nobody: only a health check can tell.
hang() {
    vm_ssh "kill -STOP \$(podman inspect -f '{{.State.Pid}}' tandem-receiver)"
    local begin=$SECONDS
    for _ in 1 2 3; do vm_ssh podman healthcheck run tandem-receiver || true; done
    wait_until 90 ready && note "the manager had it restarted after $((SECONDS - begin)) s"
}

power_cut() {
    vm_cut_power
    vm_boot
    vm_line delay "$delay"
    wait_until 60 ready && note "the receiver is ready"
}

notices_the_reboot() {
    wait_until 60 healthy || true
    grep -q 'started anew' "$work/reboot" || { cat "$work/reboot"; return 1; }
}

partition() {
    head -c 60000000 /dev/urandom >"$shop/during.bin"
    local status=0
    (wait_until 10 test -s "$work/push.log" && vm_line cut) &
    t push shop >"$work/push.log" 2>&1 || status=$?
    wait $!
    note "push ended with $status: $(grep -m1 '^tandem:' "$work/push.log")"
    vm_line heal
    [ "$status" -eq 69 ] && t push shop && trees_are_equal
}

# The same program under another digest.
build_update() {
    printf 'FROM localhost/tandem-receiver:latest\nLABEL update=%s\n' "$1" |
        vm_ssh 'podman build --quiet --format docker --tag localhost/tandem-receiver:update -'
}

# A program that is no receiver, and ends at once.
build_bad_update() {
    printf 'FROM localhost/tandem-manager:latest\nENTRYPOINT ["/tandem-manager"]\n' |
        vm_ssh 'podman build --quiet --format docker --tag localhost/tandem-receiver:bad -'
}

image_of() { vm_ssh "podman inspect -f '{{.Image}}' tandem-receiver"; }

upgrade() {
    local new
    new=$(build_update one)
    t vm roll receiver --pair shop --image "sha256:$new"
    [ "$(image_of)" = "$new" ] && edit_and_push
}

roll_back() {
    local old
    old=$(image_of)
    t vm rollback receiver --pair shop
    [ "$(image_of)" != "$old" ] && edit_and_push
}

bad_upgrade() {
    local old bad status=0
    old=$(image_of)
    bad=$(build_bad_update)
    t vm roll receiver --pair shop --image "sha256:$bad" || status=$?
    note "exit code $status, and $(image_of | cut -c1-12) runs"
    [ "$status" -eq 1 ] && [ "$(image_of)" = "$old" ] && edit_and_push
}

cut_within_a_rollout() {
    local new
    new=$(build_update two)
    t vm roll receiver --pair shop --image "sha256:$new" --wait 0s
    power_cut
    wait_until 90 rolled "$new" && edit_and_push
}

rolled() { [ "$(image_of 2>/dev/null)" = "$1" ] && healthy && ! grep -q trying "$work/status"; }

restart() { t vm restart receiver --pair shop && edit_and_push; }

logs_and_stats() {
    t vm logs receiver --pair shop --lines 5 | grep -q '"message"'
    t vm stats --pair shop | sed 's/^/note: /'
}

# The same as Kubernetes objects, as root and beside the rootless ones, on another port. Without the
# snapshot daemon's container where its image is not there.
kube_play() {
    local leave_out=none
    [ "${rest[0]}" = snapshot ] || leave_out='    - name: snapshot'
    vm_ssh 'sudo install -d -m 0700 -o 1000 -g 1000 /run/tandem /run/tandem-snapshot /var/lib/tandem/receiver /var/lib/tandem/snapshot \
        /var/lib/tandem/snapshots /srv/app /var/log/tandem'
    for name in receiver "${rest[@]}"; do
        vm_ssh "podman save localhost/tandem-$name:latest | sudo podman load --quiet"
    done
    awk -v from="$leave_out" '$0 == from { skip = 1 } /^  volumes:/ { skip = 0 } !skip' deployment/kube/tandem.yaml |
        sed 's/hostPort: 8081/hostPort: 8083/' | vm_ssh 'cat >tandem.yaml; sudo podman kube play tandem.yaml'
    wait_until 30 vm_ssh curl -fs -o /dev/null 127.0.0.1:8083/readyz
    note "the pod's receiver is ready"
    vm_ssh sudo podman kube down tandem.yaml
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
    [ "$count" -gt 15 ] && note "$count commands"
}

# MARK: - the run

[ "$(id -u)" -eq 0 ] || { echo "vm-test needs root: it makes network namespaces and boots a system" >&2; exit 69; }
for tool in debootstrap systemd-nspawn ip nsenter python3 podman; do
    command -v "$tool" >/dev/null || { echo "vm-test needs $tool; apt-get install debootstrap systemd-container iproute2 util-linux python3 podman" >&2; exit 69; }
done
for program in tandem-receiver tandem-manager; do
    [ -x "dist/$program" ] || { echo "dist/$program is missing; 'make static' builds it" >&2; exit 69; }
done
rest=(manager)
if [ -x dist/tandem-snapshot ] && [ -d deployment/snapshot ]; then rest=(snapshot manager); fi

step "the root file system (kept in ${cache##*/})" deployment/test-support/vm/rootfs.sh "$cache"
vm_create "$cache" "$work/vm"
step "a tree of 501 files" make_tree
step "the vm boots; ${delay} ms each way" boot
step "tandem pair --deploy, from nothing" pair
step "the same again changes nothing" pair_again
step "the first push" edit_and_push
step "make deploy HOST=devvm: ${rest[*]}" deploy "${rest[@]}"
step "make deploy again changes nothing" deploy_again
step "tandem vm status: all is well" status_is_good
step "tandem vm logs and stats" logs_and_stats
step "every command of docs/CONTAINER_MANAGEMENT.md" page_commands docs/CONTAINER_MANAGEMENT.md
step "the receiver is killed" crash tandem-receiver
step "push" edit_and_push
for name in "${rest[@]}"; do step "tandem-$name is killed" crash "tandem-$name"; done
step "the receiver hangs, and the manager has it restarted" hang
step "push" edit_and_push
step "tandem vm restart receiver, push" restart
step "the power is cut" power_cut
t vm status --pair shop >"$work/reboot" 2>&1 || true
step "tandem vm status tells of the reboot" notices_the_reboot
step "push" edit_and_push
step "the line is cut within a push; healed, the next one ends in sync" partition
step "tandem vm roll: an update" upgrade
step "tandem vm rollback" roll_back
step "tandem vm roll: a bad update is rolled back by itself" bad_upgrade
step "the power is cut within a rollout, which goes on after the boot" cut_within_a_rollout
step "podman kube play deployment/kube/tandem.yaml" kube_play
step "all is well at the end" status_is_good

if [ "$failed" -eq 0 ]; then echo "vm-test: all $number steps held"; else echo "vm-test: $failed of $number steps failed"; fi
