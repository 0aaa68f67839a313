import TandemTree

extension ProcessFacts {
    /// Reads a line of the script: pid, parent, uid, name, groups, file, arguments.
    init?(fields: [String]) {
        guard fields.count == 7, let pid = Int32(fields[0]), let parent = Int32(fields[1]),
            let uid = UInt32(fields[2])
        else { return nil }
        // A thread of the kernel has neither file nor arguments.
        if parent == 2 || pid == 2, fields[5].isEmpty, fields[6].isEmpty { return nil }
        self.init(
            pid: pid,
            parent: parent,
            uid: uid,
            name: fields[3],
            executable: fields[5].isEmpty ? nil : fields[5],
            container: Self.container(groups: fields[4]),
            arguments: fields[6].split(separator: "\u{1}").map(String.init),
            isPlaced: !fields[4].isEmpty
        )
    }

    /// The container a process's control groups belong to.
    ///
    /// Podman names the group `libpod-ID`, `libpod-ID.scope`, or `libpod-payload-ID` where a unit
    /// splits its own; `libpod-conmon-ID` is the monitor's, which is on the host.
    static func container(groups: String) -> String? {
        for group in groups.split(separator: ";") {
            for part in group.split(separator: "/") where part.hasPrefix("libpod-") {
                var id = part.dropFirst("libpod-".count)
                if id.hasPrefix("payload-") { id = id.dropFirst("payload-".count) }
                if id.hasSuffix(".scope") { id = id.dropLast(".scope".count) }
                let isID = id.utf8.count == 64 && id.allSatisfy { $0.isHexDigit && $0.isASCII }
                if isID { return String(id) }
            }
        }
        return nil
    }
}

extension ListeningSocket {
    /// Reads `ss -H -l -t -n -p`.
    static func parse(ss output: [UInt8]) -> [ListeningSocket] {
        var seen: Set<ListeningSocket> = []
        return output.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard words.count >= 5, words[0] == "LISTEN",
                let colon = words[3].lastIndex(of: ":"),
                let port = UInt16(words[3][words[3].index(after: colon)...])
            else { return nil }
            var address = String(words[3][..<colon].filter { $0 != "[" && $0 != "]" })
            if let percent = address.firstIndex(of: "%") { address = String(address[..<percent]) }
            let users = words.dropFirst(5).joined(separator: " ")
            let socket = ListeningSocket(
                address: address,
                port: port,
                holder: text(in: users, after: "((\"", until: "\""),
                pid: text(in: users, after: "pid=", until: ",").flatMap { Int32($0) }
            )
            return seen.insert(socket).inserted ? socket : nil
        }
    }

    private static func text(in whole: String, after mark: String, until end: Character) -> String?
    {
        guard let start = whole.firstRange(of: mark)?.upperBound,
            let stop = whole[start...].firstIndex(of: end)
        else { return nil }
        return String(whole[start..<stop])
    }
}

extension ServiceFacts {
    /// Reads the `key=value` lines of the script.
    init?(parsing output: [UInt8]) {
        self.init(restartsContainers: false, lingers: false)
        var unit: String?
        var count = 0
        for line in output.split(separator: UInt8(ascii: "\n")) {
            let pair = String(decoding: line, as: UTF8.self).split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard pair.count == 2 else { continue }
            let value = String(pair[1])
            switch pair[0] {
            case "restart": restartsContainers = value == "yes"
            case "linger": lingers = value == "yes"
            case "unit":
                unit = value
                units[value] = Unit(restart: "", fileState: "")
            case "Restart": if let unit { units[unit]?.restart = value }
            case "UnitFileState": if let unit { units[unit]?.fileState = value }
            default: continue
            }
            count += 1
        }
        guard count >= 2 else { return nil }
    }
}

/// Counts garbage by kind from a list of what may be garbage.
struct GarbageTally {
    private(set) var facts: [GarbageFacts] = []

    /// Reads records of mode in hexadecimal, size and path, each ended by a NUL; nil when one is
    /// something else.
    init?(statLines output: [UInt8], tracked: Set<String>) {
        var counts: [String: GarbageFacts] = [:]
        for record in output.split(separator: 0) {
            let fields = record.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard fields.count == 3, let mode = UInt32(Self.text(fields[0]), radix: 16),
                let size = UInt64(Self.text(fields[1]))
            else { return nil }
            let bytes = fields[2].starts(with: "./".utf8) ? fields[2].dropFirst(2) : fields[2]
            let shown = escaped(bytes)
            if tracked.contains(String(decoding: bytes, as: UTF8.self)) { continue }
            let isDirectory = mode & 0o170000 == 0o040000
            guard
                let (kind, isInside) = GarbageCatalogue.kind(
                    of: RelativePath(trusted: Array(bytes)),
                    isDirectory: isDirectory
                )
            else { continue }
            var known =
                counts[kind.name]
                ?? GarbageFacts(
                    kind: kind.name,
                    entries: 0,
                    bytes: 0,
                    example: shown
                )
            if !isInside { known.entries += 1 }
            if !isDirectory { known.bytes += size }
            counts[kind.name] = known
        }
        facts = counts.values.sorted { $0.kind < $1.kind }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
