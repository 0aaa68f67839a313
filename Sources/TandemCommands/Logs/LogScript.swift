import TandemManagement

/// How far a log was read: the number its file has or will have once rotated, and the bytes of it.
///
/// Numbers of rotated files only grow, so a place stays true whatever is renamed meanwhile.
struct LogPosition: Hashable, Sendable {
    var number: UInt64 = 0
    var offset: UInt64 = 0
}

/// Asks a machine for what its logs have behind a place each.
struct LogScript {
    /// The most that one question brings of each log; the next goes on behind it.
    static let longestPiece = 4 << 20

    let token: String
    /// The directory; nil for where a deployment puts it.
    let directory: String?

    /// What the script reads; `quote` makes one word of the shell of a text.
    func variables(
        _ logs: [(name: String, position: LogPosition)],
        quote: (String) -> String
    ) -> [(name: String, value: String)] {
        let wanted = logs.map { log in
            "log \(quote(log.name)) \(log.position.number) \(log.position.offset)"
        }
        return [
            ("TOKEN", token), ("DIR", directory ?? ""), ("PODMAN", "podman"),
            ("WANTED", wanted.joined(separator: "\n")), ("MOST", "\(Self.longestPiece)"),
        ]
    }

    static let body =
        ScriptParts.sections + "\n" + #"""
            if [ -z "$DIR" ]; then
                DIR=$HOME/.local/state/tandem/logs
                [ -d "$DIR" ] || [ ! -d /var/log/tandem ] || DIR=/var/log/tandem
            fi
            case $DIR in
            /*) ;;
            '~/'*) DIR=$HOME/${DIR#'~/'} ;;
            *) DIR=$HOME/$DIR ;;
            esac
            size_() { stat -L -c %s "$1" 2>/dev/null || stat -L -f %z "$1"; }
            part_() { tail -c "+$((from + 1))" <&5 | head -c "$left"; }
            # Name, number and offset; a piece for each file that has something behind them.
            log() {
                name=$1 number=$2 offset=$3 left=$MOST
                file=$DIR/$name.log
                tries=0
                while :; do
                    if [ ! -r "$file" ]; then
                        section "missing $name" ls -d "$file"
                        return
                    fi
                    exec 5< "$file"
                    rotated=$(for other in "$file".*; do
                        last=${other##*.}
                        case $last in '' | *[!0-9]*) ;; *) printf '%s\n' "$last" ;; esac
                    done | sort -n)
                    # Opened before it was rotated, it would be told twice.
                    [ "$file" -ef /dev/fd/5 ] && break
                    tries=$((tries + 1))
                    [ "$tries" -lt 100 ] || return
                done
                exec 6<&5
                newest=0
                for one in $rotated; do newest=$one; done
                current=$((newest + 1))
                # The rotated files are gone, and numbers began anew: it is the same file still.
                [ "$number" -le "$current" ] || number=$current
                for one in $rotated; do
                    [ "$one" -ge "$number" ] && [ "$left" -gt 0 ] || continue
                    from=0
                    [ "$one" -gt "$number" ] || from=$offset
                    exec 5< "$file.$one" || continue
                    size=$(size_ /dev/fd/5)
                    section "piece $name $one $from $size" part_
                    left=$((left - size + from))
                done
                [ "$left" -gt 0 ] || return
                exec 5<&6
                from=0
                [ "$current" -gt "$number" ] || from=$offset
                size=$(size_ /dev/fd/5)
                [ "$from" -le "$size" ] || from=0
                section "piece $name $current $from $size current" part_
            }
            eval "$WANTED"
            """#
}
