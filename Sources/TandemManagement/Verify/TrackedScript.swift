import TandemTree

/// Asks git, in several places, which files with a garbage name it tracks.
package struct TrackedScript: Sendable {
    /// What git said of one place.
    package enum Answer: Sendable {
        case tracked([[UInt8]])
        case failed(String)
    }

    private let token: String

    package init(token: String) { self.token = token }

    /// What the script reads; `quote` makes one word of the shell of a text.
    package func variables(
        root: String,
        container: String?,
        repositories: [String],
        quote: (String) -> String
    ) -> [(name: String, value: String)] {
        [
            ("TOKEN", token), ("PODMAN", "podman"), ("ROOT", root),
            ("CONTAINER", container ?? ""),
            ("PLACES", repositories.map(quote).joined(separator: " ")),
            ("NAMES", FactsScript.garbageNames.map(quote).joined(separator: " ")),
        ]
    }

    /// What the machine runs.
    package static let body =
        ScriptParts.sections + "\n" + ScriptParts.root + "\n" + ScriptParts.git + "\n" + #"""
            # Whether a directory lies in a repository, as far as names tell.
            enclosed() {
                at=$PWD
                while :; do
                    [ -e "$at/.git" ] && return 0
                    [ "$at" = / ] || [ -z "$at" ] && return 1
                    at=${at%/*}
                done
            }
            tracked() {
                cd "$ROOT/$1" || return
                enclosed || return 0
                inside=$(git_ rev-parse --is-inside-work-tree) || return
                [ "$inside" = true ] || return 0
                eval "set -- $NAMES"
                for name; do
                    set -- "$@" "$name" "*/$name" "$name/*" "*/$name/*"
                    shift
                done
                git_ ls-files -z -- "$@"
            }
            eval "set -- $PLACES"
            number=0
            for place; do
                section "tracked-$number" tracked "$place"
                number=$((number + 1))
            done
            """#

    /// What it printed about the place of this number.
    package func answer(_ number: Int, in output: [UInt8]) -> Answer {
        guard let section = SectionedOutput(output, token: token).sections["tracked-\(number)"]
        else { return .failed("the machine did not answer") }
        guard section.code == 0 else {
            let said = section.complaint
            return .failed(said.isEmpty ? "the answer was cut off" : said)
        }
        return .tracked(section.output.split(separator: 0).map { Array($0) })
    }
}
