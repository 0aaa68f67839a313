#!/usr/bin/env bash
# Deploys to a stand-in for the vm (Debian 13, systemd, Podman 5, sshd), keeps a pair in sync with it by
# the installed agent, and breaks both in every way a person meets: containers crash and hang, the agent
# is killed, the power goes, the line is cut, an update is bad. Every step is checked and timed; the exit
# code is 0 when all held. `make vm-test` builds what it needs. Needs root.
#
#   TANDEM=PATH    the tandem to use; `make install` into a directory of its own if left out
#   DELAY=25       milliseconds each way on the line
#   VM_CACHE=DIR   where the vm's root file system is kept between runs (.build-vm)
#   KEEP=yes       leaves the vm running when a step fails
set -euo pipefail
cd "$(dirname "$0")/../../.."
project=$PWD
. deployment/test-support/vm/stand-in.sh
. deployment/test-support/vm/steps.sh
. deployment/test-support/vm/harm.sh
. deployment/test-support/vm/report.sh

cache=${VM_CACHE:-$project/.build-vm}
tandem=${TANDEM:-}
delay=${DELAY:-25}
number=0
failed=0
unchecked=0

now() { date +%s%N; }

# step TITLE COMMAND…: runs, times and judges; what the command wrote is shown when it fails, else only
# its notes. One that says what it could not check is none that held. The first command in it that fails ends the step: in a shell of its own, because bash leaves
# that out of everything below an "if".
step() {
    local title=$1 begin took status word=ok
    shift
    number=$((number + 1))
    begin=$(now)
    set +e
    (
        set -e
        trap vm_remember EXIT
        "$@"
    ) >"$work/step.log" 2>&1
    status=$?
    set -e
    vm_recall
    if [ "$status" -eq 0 ]; then
        took=$((($(now) - begin) / 1000000))
        if grep -q '^note: not checked: ' "$work/step.log"; then
            word=skip
            unchecked=$((unchecked + 1))
        fi
        printf '%2d  %-4s  %7d ms  %s\n' "$number" "$word" "$took" "$title"
        grep -E '^note: ' "$work/step.log" | sed 's/^note: /                      /' || true
    else
        took=$((($(now) - begin) / 1000000))
        printf '%2d  FAIL  %7d ms  %s\n' "$number" "$took" "$title"
        sed 's/^/    | /' "$work/step.log"
        failed=$((failed + 1))
        # What it cut is not the next step's trouble.
        [ -z "${vm_line_pid:-}" ] || vm_line heal
    fi
}

note() { printf 'note: %s\n' "$*"; }

finish() {
    local status=$?
    trap - EXIT
    if [ "$failed" -gt 0 ] && [ "${KEEP:-no}" = yes ]; then
        echo "kept: $work; ssh: $(laptop_words) ssh -F $ssh_config devvm"
        exit 1
    fi
    vm_destroy || true
    if [ -d "$work/podman" ]; then "${podman[@]}" system reset --force >/dev/null 2>&1 || true; fi
    umount "$work/podman/overlay" 2>/dev/null || true
    rm -rf --one-file-system "$work"
    [ "$failed" -eq 0 ] || status=1
    exit "$status"
}

[ "$(id -u)" -eq 0 ] || { echo "vm-test makes network namespaces and boots a system: run it as root" >&2; exit 69; }
for tool in debootstrap systemd-nspawn git ip nsenter unshare python3 podman; do
    command -v "$tool" >/dev/null || { echo "vm-test needs $tool; 'make vm-setup' installs it" >&2; exit 69; }
done
for program in tandem-receiver tandem-snapshot tandem-manager; do
    [ -x "dist/$program" ] || { echo "dist/$program is missing; 'make static' builds it" >&2; exit 69; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/tandem-vm-XXXXXX")
shop=$work/shop
export TANDEM_HOME=$work/home
trap finish EXIT
trap 'exit 130' INT TERM

# What a machine that builds images may need and a deployment does not.
export CONTAINERS_CONF=$project/deployment/test-support/containers.conf STORAGE_DRIVER=overlay
podman=(podman --root "$work/podman" --runroot "$work/podman-run")
export PODMAN="${podman[*]}" LIMITS=no

begin=$(now)
step "the root file system (kept in ${cache##*/})" deployment/test-support/vm/rootfs.sh "$cache"
[ -n "$tandem" ] || step "make install DESTDIR=… PREFIX=/usr" install_programs
tandem=${tandem:-$work/installed/usr/bin/tandem}
vm_create "$cache" "$work/vm"
step "a tree of 521 files" make_tree
step "the vm boots; ${delay} ms each way" boot

step "tandem pair --deploy, from nothing" pair
[ "$failed" -eq 0 ] || { echo "vm-test: without that nothing else can hold"; exit 1; }
step "the same again changes nothing" pair_again
step "the first push" edit_and_push
step "make deploy HOST=devvm: snapshot and manager" deploy snapshot manager
step "make deploy again changes nothing" deploy_again
step "the units' limits are in force" limits
step "tandem vm status: all is well" status_is_good
step "tandem vm logs and stats" logs_and_stats
step "every command of docs/CONTAINER_MANAGEMENT.md" page_commands docs/CONTAINER_MANAGEMENT.md
step "the line is cut within a push; healed, the next one ends in sync" cut_within_a_push

step "tandem up: the agent keeps both sides the same" up
step "an edit on the laptop, tandem flush" edit_laptop
step "an edit on the vm, tandem flush" edit_vm
step "directories renamed on either side, files deleted on the vm" rename_and_delete
step "the line is cut, both sides are edited, the line is healed" partition
step "the same file edited on both sides of a cut line: a conflict, resolved" conflict
step "the agent is killed, both sides are edited, tandem up" kill_agent
step "the receiver is killed" crash tandem-receiver
step "edits on both sides, flush" edit_both
for name in snapshot manager; do step "tandem-$name is killed" crash "tandem-$name"; done
step "the receiver hangs, and the manager has it restarted" hang
step "edits on both sides, flush" edit_both
step "tandem vm restart receiver; edits on both sides" restart

step "tandem snapshot now, ls, verify" take_snapshot
step "files are destroyed; tandem snapshot restore has them" restore_snapshot

step "the power is cut; the vm boots" power_cut
step "tandem vm status tells of the reboot" notices_the_reboot
step "edits on both sides, flush: the agent went on by itself" edit_both
step "the snapshots are still there" snapshots_are_there

step "tandem vm roll receiver: an update" upgrade
step "tandem vm rollback receiver" roll_back
step "tandem vm roll: an image that crashes is rolled back by itself" bad_upgrade
step "the power is cut within a rollout, which goes on after the boot" cut_within_a_rollout
step "tandem vm status: all is well" status_is_good

step "podman kube play deployment/kube/tandem.yaml, beside it" kube_play
step "rootful Quadlets in the place of the rootless ones" rootful
step "edits on both sides, flush" edit_both
step "tandem verify: clean" verify_is_clean
step "a repository, and a report that finds nothing" report_begins
step "verify finds a stray python on the vm's host" finds_a_stray_process
step "verify finds 25 garbage entries" finds_garbage
step "verify finds a garbage pattern that git does not ignore" finds_an_unprotected_pattern
step "verify finds a log that outgrew its limit" finds_a_large_log
step "verify finds :Z on a directory of two containers" finds_an_exclusive_label
step "verify finds a mount that is missing" finds_a_missing_mount
step "verify finds a port that moved" finds_a_moved_port
step "verify finds the receiver's port on another container" finds_the_port_on_another
step "all of it undone: verify finds nothing" report_ends
step "tandem down --all" down

total=$((($(now) - begin) / 1000000000))
if [ "$failed" -eq 0 ]; then
    echo "vm-test: all $((number - unchecked)) steps held, $unchecked could not be checked here, in $total s"
else
    echo "vm-test: $failed of $number steps failed, in $total s"
fi
