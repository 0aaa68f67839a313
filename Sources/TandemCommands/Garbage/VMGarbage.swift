import Foundation
import TandemProject
import TandemFiles
import TandemManagement
import TandemSSH
import TandemTree

/// Has the receiver's program on the vm do a job, so that its confinement and its uid hold there.
struct VMGarbage {
    let entry: PairEntry
    let shell: any ScriptShell

    private static let longestOutput = 16 << 20
    private static let longestRun = 1800

    /// Runs the program with what follows `garbage --root ROOT`, and reads its answer.
    ///
    /// Throws where the program is not found, or fails.
    func run(_ arguments: [String], _ knowledge: GarbageKnowledge) throws -> GarbageReport {
        let script = RemoteScript(
            "look at the garbage",
            Self.body,
            [
                ("PROGRAM", program ?? ""),
                ("ROOT", entry.destination.path),
                ("CONTAINER", entry.receiverContainer ?? "tandem-receiver"),
                (
                    "ARGUMENTS",
                    (arguments + ["--given"]).map(ShellText.quoted).joined(separator: " ")
                ),
            ],
            input: knowledge.encoded,
            seconds: Self.longestRun,
            longestOutput: Self.longestOutput
        )
        let output = try shell.require(script)
        guard let report = GarbageReport(side: entry.destination.authority, lines: output) else {
            throw CommandError(
                .failed,
                "the vm's answer about its garbage was not understood",
                next: "install the same version of tandem-receiver there"
            )
        }
        return report
    }

    /// The words that run the receiver's program where the pair's command names them.
    private var program: String? {
        guard let command = entry.connection.command,
            let connect = command.range(of: " connect", options: .backwards)
        else { return nil }
        return String(command[..<connect.lowerBound])
    }

    /// Finds the program: the pair's own command, the receiver's container, or what a deployment
    /// or an installation left.
    private static let body = #"""
        set -u
        fail() { printf '%s\n' "$*" >&2; exit 1; }
        host=$ROOT
        case $host in
        /*) ;;
        .) host=$HOME ;;
        *) host=$HOME/$host ;;
        esac
        if [ -n "$PROGRAM" ]; then
            case $PROGRAM in podman\ *) ;; *) ROOT=$host ;; esac
            eval "set -- $ARGUMENTS"
            # The login shell would read the pair's command so, too.
            eval "exec $PROGRAM garbage --root \"\$ROOT\" \"\$@\""
        fi
        if podman container exists "$CONTAINER" 2>/dev/null; then
            form='{{range .Mounts}}{{.Source}}{{"\t"}}{{.Destination}}{{"\n"}}{{end}}'
            tab=$(printf '\t')
            inside=
            real=$(cd "$host" 2>/dev/null && pwd -P) || real=$host
            while IFS=$tab read -r source destination; do
                if [ "$source" = "$real" ] || [ "$source" = "$host" ]; then
                    inside=$destination
                fi
            done <<END
        $(podman inspect --type container --format "$form" "$CONTAINER" 2>/dev/null)
        END
            [ -n "$inside" ] || fail "the container $CONTAINER does not mount $host"
            eval "set -- $ARGUMENTS"
            exec podman exec -i "$CONTAINER" /tandem-receiver garbage --root "$inside" "$@"
        fi
        program=$HOME/.local/lib/tandem/tandem-receiver
        [ -x "$program" ] || program=$(command -v tandem-receiver) ||
            fail "no tandem-receiver is there: neither a container $CONTAINER nor a program"
        eval "set -- $ARGUMENTS"
        exec "$program" garbage --root "$host" "$@"
        """#
}
