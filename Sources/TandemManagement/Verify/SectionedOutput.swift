/// The answers of a script that asks several questions.
///
/// What a question prints stands between two lines that begin with a random word, so no file name
/// or command line can end it.
package struct SectionedOutput: Sendable {
    /// What one question brought.
    package struct Section: Sendable {
        package var title: String
        package var output: [UInt8]
        /// Nil where the answer was cut off.
        package var code: Int?
        package var complaint: String
    }

    /// The answers in the order they came.
    private(set) package var ordered: [Section] = []

    /// The answers by their questions.
    var sections: [String: Section] {
        Dictionary(ordered.map { ($0.title, $0) }, uniquingKeysWith: { $1 })
    }

    /// Splits an output; what stands between no two such lines is passed over.
    package init(_ output: [UInt8], token: String) {
        let marker = [UInt8(ascii: "\n")] + Array(token.utf8) + [UInt8(ascii: " ")]
        var open: (title: String, start: Int)?
        var index = 0
        while let found = Self.find(marker, in: output, from: index) {
            let from = found + marker.count
            let end = output[from...].firstIndex(of: UInt8(ascii: "\n")) ?? output.endIndex
            let line = String(decoding: output[from..<end], as: UTF8.self)
            // The line feed may begin the next marker.
            index = end
            if line.hasPrefix("begin ") {
                open = (String(line.dropFirst("begin ".count)), min(end + 1, output.endIndex))
            } else if line.hasPrefix("end "), let (title, start) = open {
                let words = line.dropFirst("end ".count).split(separator: " ", maxSplits: 1)
                ordered.append(
                    Section(
                        title: title,
                        output: start <= found ? Array(output[start..<found]) : [],
                        code: words.first.flatMap { Int($0) },
                        complaint: words.count > 1 ? String(words[1]) : ""
                    )
                )
                open = nil
            }
        }
        if let (title, start) = open {
            ordered.append(
                Section(title: title, output: Array(output[start...]), code: nil, complaint: "")
            )
        }
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while let next = bytes[index...].firstIndex(of: needle[0]) {
            if bytes[next...].starts(with: needle) { return next }
            index = next + 1
        }
        return nil
    }
}

/// What the scripts of `tandem verify` share.
package enum ScriptParts {
    /// Names and functions; reads TOKEN and PODMAN.
    package static let sections = #"""
        set -u
        LC_ALL=C
        export LC_ALL
        exec 4>&1
        # Runs a question; what it complains of last goes behind its exit code.
        section() {
            title=$1
            shift
            printf '\n%s begin %s\n' "$TOKEN" "$title" >&4
            complaint=$("$@" 2>&1 1>&4 </dev/null)
            code=$?
            complaint=$(printf '%s\n' "$complaint" | tail -n 1)
            printf '\n%s end %s %s\n' "$TOKEN" "$code" "$complaint" >&4
        }
        podman_() { eval "$PODMAN \"\$@\""; }
        """#

    /// Git, such that no repository can have it run something.
    static let git = #"""
        GIT_OPTIONAL_LOCKS=0
        export GIT_OPTIONAL_LOCKS
        git_() { git -c core.fsmonitor= -c core.hooksPath=/dev/null "$@"; }
        """#

    /// Makes ROOT a path of the host; reads CONTAINER, the one that knows the root by ROOT.
    static let root = #"""
        # A path inside a container is asked about where it is mounted from.
        if [ -n "$CONTAINER" ]; then
            form='{{range .Mounts}}{{.Destination}}{{"\t"}}{{.Source}}{{"\n"}}{{end}}'
            tab=$(printf '\t')
            inside=$ROOT
            while IFS=$tab read -r destination source; do
                case $inside in
                "$destination") ROOT=$source ;;
                "$destination"/*) ROOT=$source/${inside#"$destination"/} ;;
                esac
            done <<END
        $(podman_ inspect --type container --format "$form" "$CONTAINER" 2>/dev/null)
        END
        fi
        case $ROOT in
        /*) ;;
        .) ROOT=$HOME ;;
        *) ROOT=$HOME/$ROOT ;;
        esac
        """#
}
