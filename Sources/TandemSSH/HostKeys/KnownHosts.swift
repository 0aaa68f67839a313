/// What this user's known_hosts files say about host keys.
///
/// Written here because libssh2's reader takes revoked keys for good ones and knows neither
/// wildcards nor negation (TRANSPORT.md 5).
package struct KnownHosts: Sendable {
    struct Entry: Hashable, Sendable {
        enum Marker: Hashable, Sendable { case none, revoked, certificateAuthority }

        var marker: Marker
        var hosts: HostPattern
        var key: HostKey
        var place: Place
    }

    /// Where a line stands.
    package struct Place: Hashable, Sendable, CustomStringConvertible {
        package var file: String
        package var line: Int

        package var description: String { "\(file):\(line)" }
    }

    /// What the files say about one key of one host.
    package enum Verdict: Hashable, Sendable {
        case trusted
        case revoked(Place)
        /// Another key of the same type is known.
        case changed(Place)
        /// Only keys of other types are known.
        case otherType([String], Place)
        case unknown
    }

    private(set) var entries: [Entry] = []

    /// No known hosts.
    package init() {}

    /// Reads the files that exist; a line that is none is skipped, as ssh does.
    package init(files: [String]) {
        for file in files {
            guard let bytes = try? KeyFile.contents(of: file) else { continue }
            add(String(decoding: bytes, as: UTF8.self), from: file)
        }
    }

    /// Adds the lines of a file.
    package mutating func add(_ text: String, from file: String) {
        for (index, line) in text.split(
            omittingEmptySubsequences: false,
            whereSeparator: \.isNewline
        )
        .enumerated() {
            let place = Place(file: file, line: index + 1)
            if let entry = Self.entry(line, at: place) { entries.append(entry) }
        }
    }

    /// The name a host has in the files: with its port where that is not 22.
    package static func name(of host: String, port: Int) -> String {
        port == 22 ? host : "[\(host)]:\(port)"
    }

    /// What the files say about `key` as the key of the host called `name`.
    package func verdict(on key: HostKey, of name: String) -> Verdict {
        let lines = entries.filter { $0.hosts.matches(name) }
        // Revocation first: a key that is both listed and revoked is revoked.
        if let line = lines.first(where: { $0.marker == .revoked && $0.key == key }) {
            return .revoked(line.place)
        }
        let plain = lines.filter { $0.marker == .none }
        if plain.contains(where: { $0.key == key }) { return .trusted }
        if let line = plain.first(where: { $0.key.type == key.type }) {
            return .changed(line.place)
        }
        if let line = plain.first { return .otherType(plain.map(\.key.type), line.place) }
        return .unknown
    }

    /// The types of the keys known for a host, to ask for those first.
    package func types(of name: String) -> [String] {
        entries.filter { $0.marker == .none && $0.hosts.matches(name) }.map(\.key.type)
    }

    /// True when a certificate authority is named for the host, which libssh2 cannot use.
    package func hasAuthority(for name: String) -> Bool {
        entries.contains { $0.marker == .certificateAuthority && $0.hosts.matches(name) }
    }

    private static func entry(_ line: Substring, at place: Place) -> Entry? {
        var fields = line.split(maxSplits: 4, whereSeparator: { $0 == " " || $0 == "\t" })[...]
        guard let first = fields.first, !first.hasPrefix("#") else { return nil }
        var marker = Entry.Marker.none
        if first.hasPrefix("@") {
            switch first {
            case "@revoked": marker = .revoked
            case "@cert-authority": marker = .certificateAuthority
            default: return nil
            }
            fields = fields.dropFirst()
        }
        let parts = Array(fields)
        guard parts.count >= 3, let hosts = HostPattern(field: parts[0]),
            let blob = Base64.decode(parts[2]), let key = HostKey(blob: blob),
            key.type == parts[1]
        else { return nil }
        return Entry(marker: marker, hosts: hosts, key: key, place: place)
    }
}
