/// The three scripts of a destruction: look, destroy and look again, look for what has moved.
package struct DeepScript: Sendable {
    let plan: DeepPlan
    package let token: String
    let podman: [String]

    package init(_ plan: DeepPlan, podman: [String], token: String) {
        self.plan = plan
        self.podman = podman
        self.token = token
    }

    /// What all three read.
    ///
    /// - Parameters:
    ///   - suspects: files whose beginning is looked for, for the third.
    ///   - quote: makes one word of the shell of a text.
    /// - Returns: the variables.
    package func variables(
        suspects: [(path: String, sum: FileSums.Sum)] = [],
        quote: (String) -> String
    ) -> [(name: String, value: String)] {
        let places = plan.container.mounts.map(\.source)
        var unit = ""
        var command = ""
        switch plan.maker {
        case .unit(let name): unit = name
        case .command(let words): command = words.map(quote).joined(separator: " ")
        }
        let wanted = suspects.map { "look \($0.sum.bytes) \($0.sum.digest) \(quote($0.path))" }
        return [
            ("TOKEN", token), ("PODMAN", podman.map(quote).joined(separator: " ")),
            ("NAME", plan.container.name), ("UNIT", unit), ("CREATE", command),
            ("PLACES", places.map(quote).joined(separator: " ")),
            ("SUSPECTS", wanted.joined(separator: "\n")),
        ]
    }

    private static let common =
        ScriptParts.sections + "\n" + #"""
            # Digest, size and path of every regular file, each record ended by a NUL.
            sums() {
                eval "set -- $PLACES"
                for place; do
                    [ -d "$place" ] || { [ -S "$place" ] && continue; } || [ -e "$place" ] || {
                        echo "$place is not there" >&2
                        return 1
                    }
                    find "$place" -xdev -type f -exec sh -c '
                        for file; do
                            sum=$(sha256sum < "$file") && size=$(stat -c %s -- "$file") || exit 1
                            printf "%s %s %s\0" "${sum%% *}" "$size" "$file"
                        done' sh {} + || return
                done
            }
            """#

    /// Looks, and changes nothing.
    package static let look = common + "\nsection sums sums\n"

    /// Destroys the container, makes it anew, waits until it runs, and looks.
    package static let destroy =
        common + "\n" + #"""
            destroy() {
                if [ -n "$UNIT" ]; then
                    flag=--user
                    [ "$(id -u)" = 0 ] && flag=--system
                    systemctl "$flag" restart "$UNIT"
                    return
                fi
                podman_ stop --time 20 "$NAME" >/dev/null && podman_ rm "$NAME" >/dev/null || return
                # From here on the container is gone until its command line has made it again. What
                # carried its port before may hold that for a moment longer.
                left=20
                until eval "$CREATE" >/dev/null; do
                    left=$((left - 1))
                    [ "$left" -gt 0 ] || return
                    podman_ rm --force "$NAME" >/dev/null 2>&1
                    sleep 1
                done
            }
            running() {
                left=30
                while [ "$left" -gt 0 ]; do
                    form='{{.State.Running}} {{.Id}}'
                    state=$(podman_ inspect --type container --format "$form" "$NAME")
                    case $state in "true "*) printf '%s\n' "${state#true }"; return 0 ;; esac
                    left=$((left - 1))
                    sleep 1
                done
                echo "it does not run: $state" >&2
                return 1
            }
            section destroy destroy
            section running running
            section sums sums
            """#

    /// Looks whether files go on: under their name, or under the name of a rotated log.
    package static let search =
        common + "\n" + #"""
            look() {
                for file in "$3" "${3%/*}"/"${3##*/}".* ; do
                    [ -f "$file" ] || continue
                    sum=$(head -c "$1" -- "$file" | sha256sum)
                    [ "${sum%% *}" = "$2" ] || continue
                    printf '%s\0' "$3"
                    return
                done
            }
            search() { eval "$SUSPECTS"; }
            section search search
            """#

    // MARK: Answers

    /// What a script left: an answer, or why there is none.
    package enum Answer<Value: Sendable>: Sendable {
        case found(Value)
        case failed(String)
    }

    /// The sums that the first or second script printed.
    package func sums(_ output: [UInt8]) -> Answer<FileSums> {
        read("sums", output) { bytes in
            var sums = FileSums()
            for record in bytes.split(separator: 0) {
                let fields = record.split(separator: UInt8(ascii: " "), maxSplits: 2)
                guard fields.count == 3,
                    let size = UInt64(String(decoding: fields[1], as: UTF8.self))
                else { return nil }
                sums.sums[String(decoding: fields[2], as: UTF8.self)] = FileSums.Sum(
                    digest: String(decoding: fields[0], as: UTF8.self),
                    bytes: size
                )
            }
            return sums
        }
    }

    /// The new container's id; the failure says whether the old one is gone.
    package func newID(_ output: [UInt8]) -> Answer<String> {
        if case .failed(let why) = read("destroy", output, { _ in true }) {
            return .failed("it was not made anew: \(why)")
        }
        return read("running", output) { bytes in
            bytes.split(separator: UInt8(ascii: "\n")).first.map {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }

    /// The files that go on.
    package func continued(_ output: [UInt8]) -> Answer<Set<String>> {
        read("search", output) { bytes in
            Set(bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
        }
    }

    private func read<Value>(
        _ title: String,
        _ output: [UInt8],
        _ convert: ([UInt8]) -> Value?
    ) -> Answer<Value> {
        guard let section = SectionedOutput(output, token: token).sections[title] else {
            return .failed("the machine did not answer")
        }
        guard let code = section.code else { return .failed("the answer was cut off") }
        guard code == 0 else {
            return .failed(section.complaint.isEmpty ? "exit code \(code)" : section.complaint)
        }
        guard let value = convert(section.output) else {
            return .failed("the answer was not understood")
        }
        return .found(value)
    }
}
