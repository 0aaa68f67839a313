# shellcheck shell=bash
# More steps of vm-test.sh, written as those in steps.sh: crashes, power cuts, snapshots, updates, root's
# containers, and the end.

# MARK: - crashes

crash() {
    vm_ssh "kill -9 \$(podman inspect -f '{{.State.Pid}}' $1)"
    wait_until 60 vm_ssh "podman healthcheck run $1"
    note "$1 is healthy again"
}

# Stopped by a signal, the program lives and answers nobody: only a health check can tell.
hang() {
    vm_ssh "kill -STOP \$(podman inspect -f '{{.State.Pid}}' tandem-receiver)"
    local begin=$SECONDS
    for _ in 1 2 3; do vm_ssh podman healthcheck run tandem-receiver || true; done
    wait_until 90 ready
    note "the manager had it restarted after $((SECONDS - begin)) s"
}

restart() {
    t vm restart receiver --pair shop
    edit_both
}

power_cut() {
    vm_cut_power
    vm_boot
    vm_line delay "$delay"
    wait_until 60 ready
    note "the receiver is ready"
    t vm status --pair shop >"$work/reboot" 2>&1 || true
}

notices_the_reboot() {
    wait_until 60 healthy || true
    grep -q 'started anew' "$work/reboot" || { cat "$work/reboot"; return 1; }
}

# MARK: - snapshots

take_snapshot() {
    wait_in_sync
    t snapshot now --pair shop --label "before it goes wrong"
    digest_of "$shop" >"$work/digest-then"
    t snapshot ls --pair shop | grep 'before it goes wrong'
    t snapshot verify --pair shop | tail -n 1 | sed 's/^/note: /'
}

restore_snapshot() {
    rm "$shop"/src/file-3*.txt
    echo "spoilt" >"$shop/large.bin"
    wait_in_sync
    t snapshot restore latest --to "$work/restored" --pair shop | sed 's/^/note: /'
    [ "$(digest_of "$work/restored")" = "$(cat "$work/digest-then")" ]
    cp -p "$work"/restored/src/file-3*.txt "$shop/src/"
    cp -p "$work/restored/large.bin" "$shop/"
    wait_in_sync
    [ "$(digest_of "$shop")" = "$(cat "$work/digest-then")" ]
}

snapshots_are_there() {
    wait_until 60 vm_ssh podman healthcheck run tandem-snapshot
    t snapshot ls --pair shop | grep -q 'before it goes wrong'
}

# MARK: - updates

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
    [ "$(image_of)" = "$new" ]
    edit_both
}

roll_back() {
    local old
    old=$(image_of)
    t vm rollback receiver --pair shop
    [ "$(image_of)" != "$old" ]
    edit_both
}

bad_upgrade() {
    local old bad status=0 begin=$SECONDS
    old=$(image_of)
    bad=$(build_bad_update)
    t vm roll receiver --pair shop --image "sha256:$bad" >"$work/out" 2>&1 || status=$?
    cat "$work/out"
    note "exit code $status after $((SECONDS - begin)) s, and $(image_of | cut -c1-12) runs"
    note "$(tail -n 1 "$work/out")"
    [ "$status" -eq 1 ]
    [ "$(image_of)" = "$old" ]
    edit_both
}

cut_within_a_rollout() {
    local new
    new=$(build_update two)
    t vm roll receiver --pair shop --image "sha256:$new" --wait 0s
    power_cut
    wait_until 90 rolled "$new"
    edit_both
}

rolled() { [ "$(image_of 2>/dev/null)" = "$1" ] && healthy && ! grep -q trying "$work/status"; }

# MARK: - as root

root_directories=(/run/tandem /run/tandem-snapshot /var/lib/tandem/receiver /var/lib/tandem/snapshot
    /var/lib/tandem/snapshots /srv/app /var/log/tandem)

root_images() {
    local name
    for name in receiver snapshot manager; do
        vm_ssh "podman save localhost/tandem-$name:latest | sudo podman load --quiet"
    done
}

# The same as Kubernetes objects, as root and beside the rootless ones, on another port.
kube_play() {
    vm_ssh "sudo install -d -m 0700 -o 1000 -g 1000 ${root_directories[*]}"
    root_images
    sed 's/hostPort: 8081/hostPort: 8083/' deployment/kube/tandem.yaml |
        vm_ssh 'cat >tandem.yaml; sudo podman kube play tandem.yaml'
    wait_until 30 vm_ssh curl -fs -o /dev/null 127.0.0.1:8083/readyz
    vm_ssh 'sudo podman exec tandem-snapshot /tandem-snapshot --version && sudo podman ps --format "{{.Names}} {{.Status}}"' |
        sed 's/^/note: /'
    vm_ssh sudo podman kube down tandem.yaml
}

# root's units, with another pair beside; the rootless ones stop for that long.
rootful() {
    local names='tandem-receiver tandem-snapshot tandem-manager' name
    vm_ssh "systemctl --user stop $names"
    for name in receiver snapshot manager; do
        vm_ssh "sudo tee /etc/containers/systemd/tandem-$name.container >/dev/null" \
            <"deployment/$name/rootful/tandem-$name.container"
    done
    vm_ssh "sudo systemctl daemon-reload && sudo systemctl start podman.socket $names"
    for name in $names; do wait_until 60 vm_ssh sudo podman healthcheck run "$name"; done
    vm_ssh 'sudo podman ps --format "{{.Names}} {{.Status}}"' | sed 's/^/note: /'
    mkdir -p "$work/other"
    echo "to root's receiver" >"$work/other/file.txt"
    t pair "$work/other" devvm:/srv/app --socket /run/tandem/receiver.sock --ssh-config "$ssh_config" --name other
    t push other
    [ "$(vm_ssh sudo cat /srv/app/file.txt)" = "to root's receiver" ]
    [ "$(vm_ssh sudo stat -c %u /srv/app/file.txt)" = 1000 ]
    vm_ssh "sudo systemctl stop $names && sudo rm /etc/containers/systemd/tandem-*.container && sudo systemctl daemon-reload"
    vm_ssh "systemctl --user start $names"
    status_is_good
}

# MARK: - the end

verify_is_clean() {
    wait_in_sync
    local status=0
    t verify shop --all --markdown - >"$work/verify.md" 2>"$work/out" || status=$?
    sed 's/^/note: /' "$work/verify.md"
    cat "$work/out"
    [ "$status" -eq 0 ]
}
