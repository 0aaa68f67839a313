/// A Quadlet unit file: its sections, with the keys in order and repeated keys kept.
package struct QuadletUnit: Sendable {
    private var entries: [(section: String, key: String, value: String)] = []

    /// Reads a unit; comments and empty lines are left out, a line that is neither ends up as a key.
    package init(text: String) {
        var section = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("["), line.hasSuffix("]") {
                section = String(line.dropFirst().dropLast())
                continue
            }
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            entries.append((section, String(parts[0]), parts.count > 1 ? String(parts[1]) : ""))
        }
    }

    /// The values of a key, in the order of the file.
    package func values(_ key: String, in section: String = "Container") -> [String] {
        entries.filter { $0.section == section && $0.key == key }.map(\.value)
    }

    /// The last value of a key, which is the one that counts for keys that stand once.
    package func value(_ key: String, in section: String = "Container") -> String? {
        values(key, in: section).last
    }

    /// The keys of a section, each once, sorted.
    package func keys(in section: String) -> [String] {
        Set(entries.filter { $0.section == section }.map(\.key)).sorted()
    }

    /// The volumes: host side, container side, options.
    package var volumes: [(host: String, container: String, options: String)] {
        values("Volume").map { value in
            let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(
                String.init
            )
            return (parts[0], parts.count > 1 ? parts[1] : "", parts.count > 2 ? parts[2] : "")
        }
    }

    /// The options of `podman run` that the unit's own keys become; what belongs to one host (uids,
    /// host directories, ports, names) is for the caller to add.
    package var hardening: [String] {
        var options: [String] = []
        if value("ReadOnly") == "true" { options.append("--read-only") }
        options += values("DropCapability").map { "--cap-drop=\($0)" }
        if value("NoNewPrivileges") == "true" { options.append("--security-opt=no-new-privileges") }
        return options
    }
}
