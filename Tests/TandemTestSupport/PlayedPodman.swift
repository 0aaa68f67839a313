/// A `podman` that plays containers: it runs what `exec` is given, on this machine.
package enum PlayedPodman {
    /// A script for `sh`, without its first line.
    ///
    /// `-w` and `-e` do what they say, the container's name is in `PLAYED_CONTAINER`, and a
    /// container called `missing` is none. As with Podman, the command is no child that a signal
    /// of the session reaches: it runs in a session of its own. And only the command has the
    /// variables of `-e`: what waits for it is not in the container.
    package static let script = #"""
        [ "$1" = exec ] || { echo "played podman: $1 is not played" >&2; exit 125; }
        shift
        quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
        variables=
        while :; do
            case $1 in
            -i) shift ;;
            -w) cd -- "$2" || exit 126; shift 2 ;;
            -e) variables="$variables $(quoted "$2")"; shift 2 ;;
            *) break ;;
            esac
        done
        PLAYED_CONTAINER=$1
        export PLAYED_CONTAINER
        shift
        if [ "$PLAYED_CONTAINER" = missing ]; then
            echo 'Error: no container with name or ID "missing" found: no such container' >&2
            exit 125
        fi
        eval "exec setsid -w env $variables \"\$@\""
        """# + "\n"
}
