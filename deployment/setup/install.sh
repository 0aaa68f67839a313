#!/usr/bin/env bash
# Installs what building, testing and the demo need on Debian or Ubuntu; does nothing where all of
# it is there. Says what it installs, and uses sudo only for that.
#
#   install.sh      for everything but `make vm-test`
#   install.sh vm   for `make vm-test` as well, which is run by root
set -euo pipefail

swift_version=6.3

build_packages=(
    binutils ca-certificates g++ git libc6-dev libssh2-1-dev libsqlite3-dev libssl-dev
    libzstd-dev make pkg-config zlib1g-dev
)
# What the toolchain itself links against, and a small system may not have.
toolchain_packages=(libcurl4 libedit2 libncurses6 libxml2 tzdata)
test_packages=(
    curl iproute2 openssh-client openssh-server procps rsync strace
)
container_packages=(
    aardvark-dns catatonit crun iptables netavark podman runc slirp4netns
)

# What boots the stand-in for a vm, and checks it.
vm_packages=(
    debootstrap python3 systemd-container
)

say() { printf 'setup: %s\n' "$*"; }

missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue
        # A later release renames some (libcurl4t64); what provides the name counts as well.
        dpkg-query -W -f='${Provides} ${Status}\n' 2>/dev/null | awk -v name="$package" '
            $0 ~ "(^|[ ,])" name "( |,)" && /install ok installed/ { found = 1 }
            END { exit !found }' && continue
        printf '%s\n' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; return; fi
    command -v sudo >/dev/null || {
        say "needs root for: $*"
        say "run that as root, then 'make setup' again"
        exit 1
    }
    say "through sudo: $*"
    sudo "$@"
}

# Names the archive does not know under this release are left out, with a word.
known_packages() {
    local package
    for package in "$@"; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            printf '%s\n' "$package"
        else
            say "this release has no package $package; going on without it" >&2
        fi
    done
}

install_packages() {
    local missing known
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    as_root apt-get -q update >/dev/null
    mapfile -t known < <(known_packages "${missing[@]}")
    [ "${#known[@]}" -gt 0 ] || return 0
    say "installing ${known[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install \
        --no-install-recommends -o Dpkg::Use-Pty=0 "${known[@]}" >/dev/null
}

check_swift() {
    local found
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    if [ -n "$found" ] && [ "$(printf '%s\n' "$swift_version" "$found" | sort -V | head -n 1)" = "$swift_version" ]; then
        return 0
    fi
    say "Swift $swift_version or newer is needed; found ${found:-none}. Get it with:"
    # shellcheck disable=SC2016
    say '  curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz && tar zxf swiftly-$(uname -m).tar.gz && ./swiftly init --quiet-shell-followup && . ~/.local/share/swiftly/env.sh && swiftly install '"$swift_version"' && swiftly use '"$swift_version"
    exit 1
}

on_mac() {
    command -v brew >/dev/null || {
        say "needs Homebrew for libssh2, openssl@3, zstd and sqlite"
        exit 1
    }
    brew install --quiet libssh2 openssl@3 zstd sqlite pkg-config rsync
}

# Said before anything is installed or built for it.
check_vm_host() {
    if [ "$(uname)" != Linux ] || ! command -v apt-get >/dev/null; then
        say "make vm-test boots Debian under systemd-nspawn: it needs Debian or Ubuntu"
        exit 69
    fi
    if [ "$(id -u)" -ne 0 ]; then
        say "make vm-test makes network namespaces, mounts and a container that boots: run it as root,"
        say "  sudo --preserve-env=PATH make vm-test"
        exit 69
    fi
}

wanted=()
case ${1:-} in
'') ;;
vm)
    check_vm_host
    wanted=("${vm_packages[@]}")
    ;;
*)
    say "usage: install.sh [vm]"
    exit 64
    ;;
esac

if [ "$(uname)" = Darwin ]; then
    on_mac
elif command -v apt-get >/dev/null; then
    install_packages "${build_packages[@]}" "${toolchain_packages[@]}" \
        "${test_packages[@]}" "${container_packages[@]}" ${wanted[@]+"${wanted[@]}"}
else
    say "knows apt and brew only; needed here by other means:"
    say "  libssh2, OpenSSL, zstd and SQLite with headers, OpenSSH client and server, rsync, strace, podman"
fi
check_swift
