#!/usr/bin/env bash
# Puts the images in dist/ and their units on a vm over SSH, without a registry, as the account that
# logs in. What is there already and the same stays as it is; a second run says that nothing changed.
# A component that runs is given its new image through the manager where that runs, which goes back by
# itself when the new one is not healthy.
#
#   deploy.sh HOST [COMPONENT…]     COMPONENT: receiver, snapshot, manager; all that are built if left out
#   SSH=…       the ssh command, with its options      PODMAN=…   the local podman, with its options
#   LIMITS=no   leaves the limits out, for a vm without the cgroup controllers
set -euo pipefail
cd "$(dirname "$0")/../.."

host=${1:?usage: deploy.sh HOST [COMPONENT…]}
shift
read -r -a ssh <<<"${SSH:-ssh}"
read -r -a podman <<<"${PODMAN:-podman}"
changed=0

say() { printf 'deploy: %s\n' "$*"; }

on_vm() { "${ssh[@]}" "$host" "$@"; }

# Runs a script of standard input on the vm, where the login shell may be any.
script_on_vm() { on_vm 'exec sh -s'; }

components() {
    local name
    if [ "$#" -gt 0 ]; then printf '%s\n' "$@"; return; fi
    for name in receiver snapshot manager; do
        [ ! -x "dist/tandem-$name" ] || [ ! -d "deployment/$name" ] || echo "$name"
    done
}

# The same program makes the same image, so that it is known again by its id.
build() {
    "${podman[@]}" build --quiet --pull=never --format docker --timestamp 0 --build-arg BASE=scratch \
        --file "deployment/$1/Containerfile" --tag "localhost/tandem-$1:incoming" dist
}

# Copies an image that the vm does not have. Under a name of its own: what the unit starts does not
# change before it is asked for.
copy_image() {
    local name=$1 id=$2
    if on_vm "podman image exists $id"; then return; fi
    say "tandem-$name: copying image ${id:0:12}"
    "${podman[@]}" save "localhost/tandem-$name:incoming" | on_vm podman load --quiet >/dev/null
    changed=1
}

# A component's unit. The manager's names the snapshot daemon only where there is one, or will be.
unit_text() {
    local name=$1 unit
    unit=$(cat "deployment/$name/tandem-$name.container")
    if [ "$name" = manager ] && [[ " ${wanted[*]} " != *' snapshot '* ]] &&
        ! on_vm test -e .config/containers/systemd/tandem-snapshot.container; then
        unit=${unit/--watch tandem-receiver tandem-snapshot/--watch tandem-receiver}
    fi
    printf '%s' "$unit"
}

# Writes a unit and its drop-in where they differ; prints "written" where one did.
write_unit() {
    local name=$1 limits=
    [ "${LIMITS:-yes}" = no ] || limits=$(cat "deployment/$name/tandem-$name.container.d/limits.conf")
    {
        printf 'name=%q\n' "tandem-$name"
        printf 'unit=%s\n' "$(quoted "$(unit_text "$name")")"
        printf 'limits=%s\n' "$(quoted "$limits")"
        cat <<'SCRIPT'
set -eu
units=$HOME/.config/containers/systemd
mkdir -p "$units/$name.container.d"
put() {
    [ -n "$2" ] || return 0
    if [ -e "$1" ]; then
        [ "$(cat "$1")" != "$2" ] || return 0
        # `tandem pair --deploy` wrote a root of its own into the receiver's unit.
        [ "${1##*/}" != tandem-receiver.container ] || return 0
        cp -p "$1" "$1.old"
    fi
    printf '%s\n' "$2" >"$1.new" && mv "$1.new" "$1" && echo written
}
put "$units/$name.container" "$unit"
put "$units/$name.container.d/limits.conf" "$limits"
SCRIPT
    } | script_on_vm
}

# A text as one word of a POSIX shell.
quoted() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# The image a component runs, or nothing.
running_image() {
    on_vm "podman container inspect --format '{{.Image}}' tandem-$1 2>/dev/null" || true
}

deploy() {
    local name=$1 id written
    id=$(build "$name")
    copy_image "$name" "$id"
    written=$(write_unit "$name")
    if [ -n "$written" ]; then
        say "tandem-$name: unit written"
        changed=1
    fi
    local now
    now=$(running_image "$name")
    if [ "$now" = "$id" ] && [ -z "$written" ]; then return; fi
    changed=1
    if [ -n "$now" ] && [ "$now" != "$id" ] && [ -z "$written" ] && [ "$name" != manager ] && manager_answers; then
        roll "$name" "$id"
    else
        start "$name" "$id"
    fi
}

manager_answers() { on_vm podman exec tandem-manager /tandem-manager health >/dev/null 2>&1; }

# Through the manager, over the same stream that `tandem vm roll` uses.
roll() {
    local name=$1 id=$2 state
    say "tandem-$name: rolling to ${id:0:12}"
    ask_manager POST "/v1/roll/tandem-$name?image=sha256:$id" | head -n 1 | grep -q ' 202 ' || {
        say "tandem-$name: the manager refuses to roll it"
        return 1
    }
    for _ in {1..240}; do
        state=$(ask_manager GET /status)
        case $state in *'"isRolling":true'*) ;; *) break ;; esac
        sleep 0.5
    done
    if [ "$(running_image "$name")" != "$id" ]; then
        say "tandem-$name: the new image was not healthy, and the one before runs again"
        return 1
    fi
}

ask_manager() {
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n' "$1" "$2" |
        on_vm podman exec -i tandem-manager tandem-manager connect
}

# The first start, and the way where no manager runs.
start() {
    local name=$1 id=$2
    say "tandem-$name: starting ${id:0:12}"
    {
        printf 'name=%q id=%q\n' "tandem-$name" "$id"
        cat <<'SCRIPT'
set -eu
XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
export XDG_RUNTIME_DIR
old=$(podman image inspect --format '{{.Id}}' "localhost/$name:latest" 2>/dev/null || true)
if [ -n "$old" ] && [ "$old" != "$id" ]; then podman tag "$old" "localhost/$name:previous"; fi
podman tag "$id" "localhost/$name:latest"
systemctl --user daemon-reload
if [ "$name" = tandem-manager ]; then systemctl --user enable --now --quiet podman.socket; fi
if [ ! -e "/var/lib/systemd/linger/$(id -un)" ]; then
    loginctl enable-linger 2>/dev/null || sudo -n loginctl enable-linger "$(id -un)" ||
        echo "deploy: linger is off, so it stops when you log out; as root: loginctl enable-linger $(id -un)" >&2
fi
systemctl --user restart "$name.service"
SCRIPT
    } | script_on_vm
    wait_for_health "$name"
}

wait_for_health() {
    local name=$1
    for _ in {1..60}; do
        if on_vm podman healthcheck run "tandem-$name" >/dev/null 2>&1; then return; fi
        sleep 0.5
    done
    say "tandem-$name does not become healthy; on the vm: journalctl --user -u tandem-$name"
    return 1
}

mapfile -t wanted < <(components "$@")
[ "${#wanted[@]}" -gt 0 ] || { say "dist/ has no program; 'make static' builds them" >&2; exit 1; }
for name in "${wanted[@]}"; do deploy "$name"; done
if [ "$changed" = 0 ]; then say "nothing to do: ${wanted[*]} run on $host as they are here"; fi
