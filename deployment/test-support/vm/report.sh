# shellcheck shell=bash
# More steps of vm-test.sh: each puts one thing in the wrong place that a report may have to tell of, on the
# machine's own Podman, and `tandem verify` has to find that and nothing else. What a step did is undone in it.

# finds [SUBJECT=EVIDENCE…]: verify ends with 1 and says just this of what is wrong; EVIDENCE is a glob.
# Without one it ends with 0 and has nothing to say.
finds() {
    local status=0 wanted=0
    [ "$#" -eq 0 ] || wanted=1
    t verify shop --json >"$work/report.json" 2>"$work/out" || status=$?
    cat "$work/out"
    python3 deployment/test-support/vm/report.py "$work/report.json" "$@" || return 1
    [ "$status" -eq "$wanted" ] || { echo "verify ended with $status"; return 1; }
}

# undoing COMMAND [SUBJECT=EVIDENCE…]: as `finds`, and the command follows whatever was found, so that the next
# step begins where this one did.
undoing() {
    local undo=$1 status=0
    shift
    finds "$@" || status=$?
    # A star in its words is for the vm.
    (set -f; $undo)
    return "$status"
}

# All that was saved is on the other side. The trees need not be equal as `wait_in_sync` has them: .git and
# garbage do not travel.
flushed() {
    wait_until 90 flush_ends_well || { cat "$work/flush"; t status shop; return 1; }
}
flush_ends_well() { t flush shop --wait 60s >"$work/flush" 2>&1; }

# What is looked at is at rest: the receiver's first health check has passed, and both sides are the same.
settled() {
    wait_until 120 vm_ssh podman healthcheck run tandem-receiver
    flushed
}

# A repository with the patterns of the report, and a container of the project beside Tandem's.
report_begins() {
    printf '%s\n' '__pycache__/' '*.pyc' 'logs/' '*.log' '.DS_Store' >"$shop/.gitignore"
    on_laptop git -c init.defaultBranch=main init --quiet "$shop"
    vm_ssh 'mkdir -p pause && cp /usr/bin/catatonit pause/ &&
        printf "FROM scratch\nCOPY catatonit /catatonit\nENTRYPOINT [\"/catatonit\", \"-P\"]\n" >pause/Containerfile &&
        podman build --quiet --format docker --tag localhost/97layer:latest pause'
    settled
    finds
}

gcp_management() {
    vm_ssh podman run --detach --quiet --pull=never --name 97layer-gcp-mgmt --cap-drop all --read-only "$@" \
        localhost/97layer:latest
}

gcp_management_goes() { vm_ssh podman rm --force --time 1 97layer-gcp-mgmt; }

finds_a_stray_process() {
    local process
    process=$(vm_ssh 'cp /usr/bin/sleep python3.9; exec ./python3.9 600 </dev/null >/dev/null 2>&1 & echo $!')
    undoing "vm_ssh kill $process; rm python3.9" \
        "process $process=/home/dev/python3.9, uid 1000*in no container; it matches python*" \
        'project processes on the host=1 that match*'
}

finds_garbage() {
    vm_ssh 'cd app && for n in $(seq 15); do mkdir -p execution/m$n/__pycache__ && echo x >execution/m$n/__pycache__/a.bin; done
        for n in $(seq 8); do echo x >old$n.pyc; done; echo x >.DS_Store; echo x >execution/.DS_Store'
    flushed
    undoing 'vm_ssh cd app; rm -r execution/m*/__pycache__ old*.pyc .DS_Store execution/.DS_Store' \
        'garbage=25 entries,*' 'garbage __pycache__=15,*' 'garbage *.pyc=8,*' 'garbage .DS_Store=2,*'
}

finds_an_unprotected_pattern() {
    sed -i '/pyc/d' "$shop/.gitignore"
    flushed
    undoing patterns_return 'git ignores __pycache__/=no rule does*' 'git ignores *.pyc=no rule does*'
}

patterns_return() {
    printf '%s\n' '__pycache__/' '*.pyc' >>"$shop/.gitignore"
    flushed
}

finds_a_large_log() {
    vm_ssh 'head -c 11000000 /dev/zero >.local/state/tandem/logs/launchd.log'
    undoing 'vm_ssh rm .local/state/tandem/logs/launchd.log' \
        'log launchd.log=11.0 MB, and 10.0 MB is the most*' 'logs in ~/.local/state/tandem/logs=*11.0 MB, *'
}

finds_an_exclusive_label() {
    # shellcheck disable=SC2016
    gcp_management --network=none --volume '$HOME/app:/app:Z'
    undoing gcp_management_goes 'label of /home/dev/app=*97layer-gcp-mgmt with :Z*'
}

# Lines over the receiver's unit, from standard input; without any the unit is as it was.
receiver_with() {
    vm_ssh 'directory=.config/containers/systemd/tandem-receiver.container.d; mkdir -p $directory
        cat >$directory/wrong.conf; [ -s $directory/wrong.conf ] || rm $directory/wrong.conf
        systemctl --user daemon-reload && systemctl --user restart tandem-receiver'
    settled
}

finds_a_missing_mount() {
    receiver_with <<'UNIT'
[Container]
Exec=serve --root /app --state /state --socket /run/tandem/receiver.sock --http 0.0.0.0:8080
Volume=
Volume=%h/app:/app:z
Volume=%h/.local/state/tandem/receiver:/state:Z
Volume=%t/tandem:/run/tandem:Z
UNIT
    finds 'tandem-receiver mounts=/logs is not mounted'
}

finds_a_moved_port() {
    receiver_with <<'UNIT'
[Container]
PublishPort=
PublishPort=127.0.0.1:8084:8080
UNIT
    finds 'tandem-receiver ports=expected 127.0.0.1:8081->8080, published is 127.0.0.1:8084->8080' \
        'port 8081 of tandem-receiver=*nothing listens*'
}

# As the report's own listing had it.
finds_the_port_on_another() {
    printf '[Container]\nPublishPort=\n' | receiver_with
    gcp_management --publish 127.0.0.1:8081:8080
    undoing gcp_management_goes \
        'tandem-receiver ports=expected 127.0.0.1:8081->8080, but 97layer-gcp-mgmt publishes 8081*'
}

report_ends() {
    receiver_with </dev/null
    ready
    finds
}
