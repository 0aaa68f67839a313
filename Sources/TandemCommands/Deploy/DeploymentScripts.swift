/// The scripts of a deployment, for any POSIX `sh` with the usual tools.
///
/// Nothing is put into their text: what differs comes in variables, which `RemoteScript` quotes.
enum DeploymentScripts {
    /// Names and functions that every script has.
    private static let common = #"""
        set -u
        umask 077
        fail() { printf '%s\n' "$*" >&2; exit 1; }
        HOME=$(cd "$HOME" && pwd -P) || fail "the home directory cannot be entered"
        if [ -z "${XDG_RUNTIME_DIR:-}" ] && [ -d "/run/user/$(id -u)" ]; then
            XDG_RUNTIME_DIR=/run/user/$(id -u)
            export XDG_RUNTIME_DIR
        fi
        lib=$HOME/.local/lib/tandem
        state=$HOME/.local/state/tandem
        units=$HOME/.config/containers/systemd
        bin=$lib/tandem-receiver
        # The process that the pid file names, if it runs that program: current, old or none.
        running() {
            pid=$(cat "$state/run/receiver.pid" 2>/dev/null)
            case $pid in '' | *[!0-9]*) echo none; return ;; esac
            exe=$(readlink "/proc/$pid/exe" 2>/dev/null)
            real=$(cd "$lib" 2>/dev/null && pwd -P)/tandem-receiver
            case $exe in
            "$real") echo current ;;
            "$real (deleted)") echo old ;;
            *) echo none ;;
            esac
        }
        """#

    /// Looks, and changes nothing.
    ///
    /// Reads ROOT, the vm root as the destination has it, and IMAGE.
    static let survey =
        common + "\n" + #"""
            hex() { printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'; }
            say() { printf '%s=%s\n' "$1" "$2"; }
            ask() {
                key=$1
                shift
                if "$@" >/dev/null 2>&1; then say "$key" yes; else say "$key" no; fi
            }
            case $ROOT in
            /*) ;;
            .) ROOT=$HOME ;;
            *) ROOT=$HOME/$ROOT ;;
            esac
            place=missing
            if [ -d "$ROOT" ]; then
                place=directory
            elif [ -e "$ROOT" ] || [ -L "$ROOT" ]; then
                place=other
            fi
            # Links followed as far as the path is there, so that it is the same once it is.
            at=$ROOT rest=
            while [ ! -d "$at" ]; do
                rest=/${at##*/}$rest
                at=${at%/*}
                at=${at:-/}
            done
            base=$(cd "$at" 2>/dev/null && pwd -P) || base=$at
            ROOT=${base%/}$rest
            sum=
            [ -f "$bin" ] && sum=$(sha256sum < "$bin" 2>/dev/null) && sum=${sum%% *}
            missing=
            for tool in cat chmod cp ln mkdir mktemp mv readlink rm setsid sha256sum sleep tail; do
                command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
            done
            uid=$(id -u)
            slice=/sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service
            printf '\n%s\n' 'tandem-survey 1'
            say system "$(uname -s)"
            say machine "$(uname -m)"
            say uid "$uid"
            say home "$(hex "$HOME")"
            say runtime "$(hex "${XDG_RUNTIME_DIR:-}")"
            say podman "$(podman --version 2>/dev/null | sed -n 's/^podman version //p')"
            ask services systemctl --user show-environment
            ask linger test -e "/var/lib/systemd/linger/$(id -un)"
            say controllers "$(cat "$slice/cgroup.controllers" 2>/dev/null)"
            free='2s/.* \([0-9][0-9]*\)  *[0-9][0-9]*% .*/\1/p'
            say free "$(df -Pk "$HOME" 2>/dev/null | sed -n "$free")"
            say root "$(hex "$ROOT")"
            say rootplace "$place"
            ask rootwritable test -w "$ROOT"
            say binary "$sum"
            say record "$(hex "$(cat "$lib/deployed" 2>/dev/null)")"
            say process "$(running)"
            ask unit test -e "$units/tandem-receiver.container"
            ask active systemctl --user is-active tandem-receiver.service
            ask image podman image exists "$IMAGE"
            say missing "$missing"
            printf '%s\n' 'tandem-survey end'
            """#

    /// Puts the program that follows in place.
    ///
    /// Reads WANT, its SHA-256: a copy that was cut off is never moved over the old one.
    static let copyBinary =
        common + "\n" + #"""
            mkdir -p "$lib" || fail "$lib cannot be made"
            new=$lib/tandem-receiver.new.$$
            trap 'rm -f "$new"' EXIT
            cat > "$new" || fail "$new cannot be written"
            have=$(sha256sum < "$new") || fail "sha256sum failed"
            [ "${have%% *}" = "$WANT" ] || fail "what arrived is not what was sent"
            chmod 755 "$new" && mv -f "$new" "$bin" || fail "$bin cannot be replaced"
            """#

    /// Builds IMAGE from CONTAINERFILE around the program that is there.
    static let buildImage =
        common + "\n" + #"""
            dir=$(mktemp -d "$lib/image.XXXXXX") || fail "$lib cannot be written"
            trap 'rm -rf "$dir"' EXIT
            printf '%s' "$CONTAINERFILE" > "$dir/Containerfile" || fail "$dir cannot be written"
            ln "$bin" "$dir/tandem-receiver" 2>/dev/null || cp -p "$bin" "$dir/tandem-receiver" ||
                fail "$dir cannot be written"
            podman build --quiet --pull=never --format docker --file "$dir/Containerfile" \
                --tag "$IMAGE" "$dir" >/dev/null
            """#

    /// Loads the saved image that follows; it has to be IMAGE.
    static let loadImage =
        common + "\n" + #"""
            podman load --quiet >/dev/null || exit 1
            podman image exists "$IMAGE" || fail "the file holds no image named $IMAGE"
            """#

    /// Writes UNIT, and LIMITS where it is not empty; what stands there and differs is kept beside
    /// it as `.old`.
    static let writeUnit =
        common + "\n" + #"""
            put() {
                if [ -e "$1" ] && [ "$(cat "$1"; echo x)" != "$(printf '%s' "$2"; echo x)" ]; then
                    cp -p "$1" "$1.old" || fail "$1.old cannot be written"
                fi
                printf '%s' "$2" > "$1.new" && mv -f "$1.new" "$1" || fail "$1 cannot be written"
            }
            mkdir -p "$ROOT" || fail "$ROOT cannot be made"
            mkdir -p "$units/tandem-receiver.container.d" || fail "$units cannot be made"
            put "$units/tandem-receiver.container" "$UNIT"
            [ -z "$LIMITS" ] || put "$units/tandem-receiver.container.d/limits.conf" "$LIMITS"
            """#

    /// Lets the account's services run without a login.
    ///
    /// Where no polkit answers, as on small servers, only root may; many accounts there have sudo.
    static let enableLinger =
        common + "\n" + #"""
            said=$(loginctl enable-linger 2>&1) && exit 0
            sudo -n loginctl enable-linger "$(id -un)" >/dev/null 2>&1 || fail "$said"
            """#

    /// Has systemd read the unit, and runs it.
    ///
    /// Reads VERB: start or restart.
    static let startUnit =
        common + "\n" + #"""
            systemctl --user daemon-reload || fail "systemctl --user daemon-reload failed"
            systemctl --user "$VERB" tandem-receiver.service
            """#

    /// Ends the process of the pid file, if there is one, and starts the program on ROOT.
    static let startProcess =
        common + "\n" + #"""
            mkdir -p "$ROOT" || fail "$ROOT cannot be made"
            mkdir -p "$state/receiver" "$state/logs" "$state/run" || fail "$state cannot be made"
            chmod 700 "$state/receiver" "$state/run" || fail "$state is another account's"
            if [ "$(running)" != none ]; then
                pid=$(cat "$state/run/receiver.pid")
                kill -TERM "$pid" || fail "the receiver that runs, process $pid, cannot be stopped"
                tries=100
                while [ "$(running)" != none ] && [ "$tries" -gt 0 ]; do
                    sleep 0.1
                    tries=$((tries - 1))
                done
                [ "$(running)" = none ] || fail "the receiver that runs, process $pid, does not end"
            fi
            # Its own log files are bounded and have every line; this has what it says before.
            setsid "$bin" serve --root "$ROOT" --state "$state/receiver" \
                --socket "$state/run/receiver.sock" --logs "$state/logs" \
                </dev/null >"$state/logs/start.log" 2>&1 &
            printf '%s\n' "$!" > "$state/run/receiver.pid.new" &&
                mv -f "$state/run/receiver.pid.new" "$state/run/receiver.pid" ||
                fail "$state/run cannot be written"
            """#

    /// Waits until a receiver answers on SOCKET, four times a second, TRIES times at most.
    static let waitForProcess =
        common + "\n" + #"""
            while [ "$TRIES" -gt 0 ]; do
                "$bin" connect --socket "$SOCKET" </dev/null >/dev/null 2>&1 && exit 0
                sleep 0.25
                [ "$(running)" != none ] || fail "it ended at once"
                TRIES=$((TRIES - 1))
            done
            fail "no receiver answers on $SOCKET"
            """#

    /// The same, and the container says that it is ready.
    static let waitForUnit =
        common + "\n" + #"""
            while [ "$TRIES" -gt 0 ]; do
                "$bin" connect --socket "$SOCKET" </dev/null >/dev/null 2>&1 &&
                    "$bin" health --http 127.0.0.1:8081 >/dev/null 2>&1 && exit 0
                sleep 0.25
                TRIES=$((TRIES - 1))
            done
            fail "no receiver answers on $SOCKET and 127.0.0.1:8081"
            """#

    /// The last lines that say why a receiver does not run in MODE.
    static let lastLines =
        common + "\n" + #"""
            if [ "$MODE" = quadlet ]; then
                for generator in /usr/libexec/podman/quadlet /usr/lib/podman/quadlet; do
                    [ -x "$generator" ] && "$generator" -user -dryrun 2>&1 >/dev/null | tail -n 5
                done
                journalctl --user --no-pager -q -n 20 -u tandem-receiver.service 2>/dev/null
            else
                tail -n 20 "$state/logs/start.log" 2>/dev/null
            fi
            exit 0
            """#

    /// Notes RECORD.
    static let note =
        common + "\n" + #"""
            printf '%s' "$RECORD" > "$lib/deployed.new" &&
                mv -f "$lib/deployed.new" "$lib/deployed" ||
                fail "$lib/deployed cannot be written"
            """#
}
