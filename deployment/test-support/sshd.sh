# shellcheck shell=bash
# A throwaway sshd on a free loopback port, for the demo and the benchmark. Sourced, not run.
#
#   start_sshd DIRECTORY USER   writes DIRECTORY/ssh_config with the host alias "vm"; sets sshd_pid
#   stop_sshd                   ends it by its pid

# A port that nothing listens on; another program may take it first, then sshd says so and we try again.
free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    echo "no free port found" >&2
    return 1
}

sshd_settings() {
    local directory=$1 port=$2
    cat <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $directory/host_key
PidFile $directory/sshd.pid
AuthorizedKeysFile $directory/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowStreamLocalForwarding yes
PrintMotd no
CONFIG
}

start_sshd() {
    local directory=$1 user=$2 program port
    program=$(PATH="$PATH:/usr/sbin:/sbin" command -v sshd) || { echo "sshd is not installed" >&2; return 1; }
    [ "$(id -u)" -ne 0 ] || mkdir -p -m 0755 /run/sshd
    ssh-keygen -q -t ed25519 -N '' -C throwaway-host -f "$directory/host_key"
    ssh-keygen -q -t ed25519 -N '' -C throwaway-user -f "$directory/user_key"
    cp "$directory/user_key.pub" "$directory/authorized_keys"
    chmod 644 "$directory/authorized_keys"
    for _ in {1..5}; do
        port=$(free_port)
        sshd_settings "$directory" "$port" >"$directory/sshd_config"
        "$program" -D -f "$directory/sshd_config" -E "$directory/sshd.log" &
        sshd_pid=$!
        if wait_for_port "$port" "$sshd_pid"; then break; fi
        sshd_pid=
    done
    [ -n "$sshd_pid" ] || { cat "$directory/sshd.log" >&2; return 1; }
    sshd_port=$port
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$directory/host_key.pub")" \
        >"$directory/known_hosts"
    cat >"$directory/ssh_config" <<CONFIG
Host vm
    HostName 127.0.0.1
    Port $port
    User $user
    IdentityFile $directory/user_key
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile $directory/known_hosts
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
    LogLevel ERROR
CONFIG
}

# Waits until something listens on a port, or its process is gone.
wait_for_port() {
    local port=$1 pid=$2
    for _ in {1..100}; do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            kill -0 "$pid" 2>/dev/null
            return
        fi
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

stop_sshd() {
    [ -z "${sshd_pid:-}" ] || kill "$sshd_pid" 2>/dev/null || true
    sshd_pid=
}
