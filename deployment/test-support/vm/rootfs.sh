#!/usr/bin/env bash
# Makes DIRECTORY/rootfs: Debian 13 with systemd, Podman 5, sshd and an account "dev", the root file
# system of the vm's stand-in. Does nothing where it is there already. Needs root and debootstrap.
#
#   rootfs.sh DIRECTORY
set -euo pipefail

directory=${1:?usage: rootfs.sh DIRECTORY}
release=trixie
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages=(
    systemd systemd-sysv dbus dbus-user-session libpam-systemd openssh-server
    podman crun netavark aardvark-dns passt nftables uidmap catatonit
    iproute2 procps curl ca-certificates sudo zstd
)

if [ -e "$directory/rootfs/.complete" ]; then exit 0; fi
mkdir -p "$directory"
rm -rf "$directory/rootfs.new"
IFS=,
debootstrap --variant=minbase --include="${packages[*]}" "$release" "$directory/rootfs.new" "$mirror" \
    >"$directory/debootstrap.log" 2>&1 || { tail -n 20 "$directory/debootstrap.log" >&2; exit 1; }
unset IFS
root=$directory/rootfs.new

# What a machine without CAP_SYS_RESOURCE and without cgroup controllers below cgroup2 needs; no
# deployment file has any of it.
cat >"$root/etc/containers/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=8192:8192"]
pids_limit = 0
CONF
mkdir -p "$root/etc/containers/systemd" "$root/etc/tmpfiles.d"
# A rootless container's network is a TUN device of its own.
echo 'z /dev/net/tun 0666 root root' >"$root/etc/tmpfiles.d/tun.conf"
echo devvm >"$root/etc/hostname"
echo '127.0.0.1 localhost devvm' >"$root/etc/hosts"
for unit in apt-daily.timer apt-daily-upgrade.timer console-getty.service \
    systemd-modules-load.service netavark-dhcp-proxy.socket; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# The account a person logs in with, who is not root but may become it, as on a cloud's vm.
chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 dev
echo 'dev ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/dev"
chmod 0440 "$root/etc/sudoers.d/dev"
rm -f "$root"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C devvm -f "$root/etc/ssh/ssh_host_ed25519_key"
cat >"$root/etc/ssh/sshd_config.d/stand-in.conf" <<'CONF'
PasswordAuthentication no
PermitRootLogin prohibit-password
CONF

touch "$root/.complete"
rm -rf "$directory/rootfs"
mv "$root" "$directory/rootfs"
