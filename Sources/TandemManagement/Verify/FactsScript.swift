import TandemTree

/// The one script that asks a machine everything, for any POSIX `sh`.
///
/// Nothing is put into its text: what differs comes in variables. What a question prints stands
/// between two lines that begin with a random word, so no file name or command line can end it.
package struct FactsScript: Sendable {
    /// The random word of this run.
    package let token: String
    private let root: String
    private let container: String?
    private let expectation: VerifyExpectation
    private let side: VerifySide

    /// Asks about one machine.
    ///
    /// - Parameters:
    ///   - side: which one.
    ///   - root: its root, absolute or relative to the home directory.
    ///   - container: the container that knows the root by this path, where one does.
    ///   - expectation: what the answers will be held to.
    ///   - token: a random word of letters and digits.
    package init(
        _ side: VerifySide,
        root: String,
        container: String? = nil,
        expectation: VerifyExpectation,
        token: String
    ) {
        self.side = side
        self.root = root
        self.container = container
        self.expectation = expectation
        self.token = token
    }

    /// The directories of logs that are asked about.
    var logDirectories: [String] {
        expectation.logs.filter { $0.side == side }.map(\.directory)
    }

    /// The patterns that git is asked about: what must be protected, and the whole catalogue.
    var patterns: [String] { expectation.protectedPatterns }

    /// What the script reads; `quote` makes one word of the shell of a text.
    package func variables(
        quote: (String) -> String
    ) -> [(name: String, value: String)] {
        let versions = expectation.versions.enumerated().map { index, version in
            let command = version.command.map(quote).joined(separator: " ")
            let whole = version.container.map { "podman_ exec \(quote($0)) \(command)" } ?? command
            return "section version-\(index) eval \(quote(whole))"
        }
        return [
            ("TOKEN", token),
            ("ROOT", root),
            ("CONTAINER", container ?? ""),
            ("PODMAN", expectation.podman.map(quote).joined(separator: " ")),
            ("LOGS", logDirectories.map(quote).joined(separator: " ")),
            ("SAMPLES", patterns.map { quote(Self.sample(of: $0)) }.joined(separator: " ")),
            ("NAMES", Self.garbageNames.map(quote).joined(separator: " ")),
            ("VERSIONS", versions.joined(separator: "\n")),
        ]
    }

    /// A path that a pattern matches and that nobody has.
    static func sample(of pattern: String) -> String {
        var text = ""
        var isEscaped = false
        for character in pattern {
            if character == "\\" && !isEscaped {
                isEscaped = true
                continue
            }
            text.append(!isEscaped && "*?".contains(character) ? "a" : character)
            isEscaped = false
        }
        while text.hasPrefix("/") { text.removeFirst() }
        return text.hasSuffix("/") ? text + "tandem-verify-sample" : text
    }

    /// The catalogue as `find` asks for names; what matches is looked at again on the laptop.
    static let garbageNames = GarbageCatalogue.kinds.flatMap(\.patterns).map { pattern in
        pattern.hasSuffix("/") ? String(pattern.dropLast()) : pattern
    }

    /// What the machine runs.
    package static let body =
        ScriptParts.sections + "\n" + ScriptParts.git + "\n" + ScriptParts.root + "\n" + #"""
            containers() {
                ids=$(podman_ ps --all --quiet --no-trunc) || return
                if [ -z "$ids" ]; then echo '[]'; return; fi
                # shellcheck disable=SC2086
                podman_ inspect --type container $ids
            }
            services() {
                command -v systemctl >/dev/null || { echo 'systemctl: not found' >&2; return 127; }
                flag=--user
                [ "$(id -u)" = 0 ] && flag=--system
                systemctl $flag show --property=Version >/dev/null || return
                if systemctl $flag is-enabled --quiet podman-restart.service 2>/dev/null; then
                    echo restart=yes
                else
                    echo restart=no
                fi
                if [ "$(id -u)" = 0 ] || [ -e "/var/lib/systemd/linger/$(id -un)" ]; then
                    echo linger=yes
                else
                    echo linger=no
                fi
                form='{{index .Config.Labels "PODMAN_SYSTEMD_UNIT"}}'
                for unit in $(podman_ ps --all --quiet | while read -r id; do
                    podman_ inspect --type container --format "$form" "$id"
                done | sort -u); do
                    case $unit in *.service) ;; *) continue ;; esac
                    echo "unit=$unit"
                    systemctl $flag show --property=Restart,UnitFileState "$unit"
                done
            }
            # One line a process, fields apart by tabs: pid, parent, uid, name, groups, file, arguments.
            processes() {
                if [ ! -r /proc/self/status ]; then
                    ps -axww -o pid=,ppid=,uid=,args= | while read -r pid parent uid line; do
                        file=${line%% *}
                        printf '%s\t%s\t%s\t%s\t\t%s\t%s\n' \
                            "$pid" "$parent" "$uid" "${file##*/}" "$file" "$line"
                    done
                    return
                fi
                if [ ! -r /proc/1/status ]; then
                    echo 'the processes of other accounts are hidden (hidepid)' >&2
                    return 1
                fi
                tab=$(printf '\t')
                for dir in /proc/[0-9]*; do
                    { read -r name < "$dir/comm"; } 2>/dev/null || continue
                    parent=0 uid=0
                    while read -r key value rest; do
                        case $key in PPid:) parent=$value ;; Uid:) uid=$value; break ;; esac
                    done 2>/dev/null < "$dir/status" || continue
                    groups=
                    while read -r line; do groups="$groups;$line"; done 2>/dev/null < "$dir/cgroup"
                    file=$(readlink "$dir/exe" 2>/dev/null | tr '\n\t' '??')
                    printf '%s\t%s\t%s\t%s\t%s\t%s\t' "${dir#/proc/}" "$parent" "$uid" \
                        "$(printf '%s' "$name" | tr '\t' '?')" "${groups%"$tab"}" "${file%\?}"
                    { tr '\000\n\t' '\001  ' < "$dir/cmdline" | head -c 2000; } 2>/dev/null
                    echo
                done
            }
            sockets() {
                command -v ss >/dev/null || { echo 'ss: not found' >&2; return 127; }
                ss -H -l -t -n -p
            }
            stats() {
                if stat -c %s / >/dev/null 2>&1; then
                    stat -c '%f %s %n' -- "$@"
                else
                    stat -f '%Xp %z %N' -- "$@"
                fi
            }
            # Where a path that a person wrote leads: from the home directory, or from the root.
            place() {
                case $1 in
                /*) printf '%s\n' "$1" ;;
                '~/'*) printf '%s\n' "$HOME/${1#'~/'}" ;;
                *) printf '%s\n' "$ROOT/$1" ;;
                esac
            }
            logs() {
                dir=$(place "$1")
                [ -e "$dir" ] || { echo 'no such directory' >&2; return 1; }
                cd "$dir" || return
                find . -type f | head -n 10000 | while IFS= read -r file; do stats "$file"; done
            }
            # What may be garbage, with all that lies in it; git's directory and links are not entered.
            garbage() {
                cd "$ROOT" || return
                eval "set -- $NAMES"
                # The list that is walked was fixed before its first round.
                for name; do
                    set -- "$@" -o -name "$name" -o -path "*/$name/*"
                    shift
                done
                shift
                find . \( -name .git -o -name .tandem -o -name node_modules -o -name .venv \) -prune \
                    -o \( "$@" \) -exec stat --printf '%f %s %n\0' {} +
            }
            tracked() {
                cd "$ROOT" || return
                [ "$(git_ rev-parse --is-inside-work-tree)" = true ] || return
                eval "set -- $NAMES"
                for name; do
                    set -- "$@" "$name" "*/$name" "$name/*" "*/$name/*"
                    shift
                done
                git_ ls-files -z -- "$@"
            }
            protection() {
                cd "$ROOT" || return
                if [ ! -e .git ] && ! git_ rev-parse --is-inside-work-tree >/dev/null 2>&1; then
                    echo 'no repository'
                    return
                fi
                git_ rev-parse --is-inside-work-tree >/dev/null || return
                eval "set -- $SAMPLES"
                printf '%s\0' "$@" | git_ check-ignore --no-index --stdin -z -v -n
                code=$?
                [ "$code" -le 1 ]
            }
            section system uname -s
            section architecture uname -m
            section podman podman_ --version
            section containers containers
            section services services
            section processes processes
            section sockets sockets
            eval "set -- $LOGS"
            number=0
            for directory; do
                section "logs-$number" logs "$directory"
                number=$((number + 1))
            done
            section garbage garbage
            section tracked tracked
            section protection protection
            eval "$VERSIONS"
            printf '\n%s done\n' "$TOKEN"
            """#
}
