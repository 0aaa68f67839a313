#!/usr/bin/env bash
# Checks the Quadlet units with Podman's own generator, and what it makes of them with
# systemd-analyze. Podman before 4.4 has no generator; then one is taken from Debian 13's package into
# a temporary directory, without installing it. Where neither can be had, it says why and ends 0: the
# unit tests read the same files.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "units: not checked by the generator: $*"; exit 0; }

fetch_generator() {
    command -v apt-get >/dev/null || skip "no Podman 4.4 or newer here, and no apt to fetch one"
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    : >"$work/status"
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -e "$keyring" ] || skip "no Podman 4.4 or newer here, and no Debian keyring to fetch one"
    # The mirror this machine already uses, else Debian's own.
    local mirror
    mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null \
        | grep -oE 'https?://[^ ]*debian\.org/debian([ /]|$)' | tr -d ' ' | sort -u | head -n 1) || true
    echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} trixie main" >"$work/sources"
    local options=(
        -o "Dir::Etc::sourcelist=$work/sources" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$work/lists" -o "Dir::State::status=$work/status"
        -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root
    )
    apt-get -qq "${options[@]}" update >"$work/log" 2>&1 || skip "Debian 13's package list cannot be read"
    (cd "$work" && apt-get -qq "${options[@]}" download podman >"$work/log" 2>&1) \
        || skip "Debian 13's podman cannot be downloaded"
    dpkg -x "$work"/podman_*.deb "$work/podman"
    generator=$work/podman/usr/libexec/podman/quadlet
}

# Checks one directory of a program's units; $3 is -user for the rootless ones.
check() {
    local program=$1 directory=deployment/$1$2 mode=${3:-} staged
    staged=$work/units-$program$(basename "$directory")
    mkdir -p "$staged"
    cp "$directory"/*.container "$staged/"
    cp -r "deployment/$program/tandem-$program.container.d" "$staged/"
    QUADLET_UNIT_DIRS=$staged "$generator" -dryrun $mode >"$staged/out" 2>"$staged/err" || {
        cat "$staged/err" >&2
        echo "units: $directory is refused by the generator" >&2
        exit 1
    }
    grep -q -- '--memory=' "$staged/out" || {
        echo "units: the limits of tandem-$program.container.d were not applied" >&2
        exit 1
    }
    analyze "$staged" "$directory"
}

analyze() {
    command -v systemd-analyze >/dev/null || return 0
    mkdir -p "$1/generated"
    QUADLET_UNIT_DIRS=$1 "$generator" "$1/generated" >/dev/null 2>&1
    systemd-analyze verify --man=no "$1"/generated/*.service 2>"$1/verdict" \
        || { cat "$1/verdict" >&2; echo "units: systemd refuses what $2 becomes" >&2; exit 1; }
}

for generator in /usr/libexec/podman/quadlet /usr/lib/podman/quadlet ""; do
    if [ -x "$generator" ]; then break; fi
done
[ -n "$generator" ] || fetch_generator

for program in receiver snapshot manager; do
    check "$program" "" -user
    check "$program" /rootful
done
echo "units: accepted by $("$generator" -version 2>/dev/null | head -n 1 || true) quadlet, rootless and rootful"
