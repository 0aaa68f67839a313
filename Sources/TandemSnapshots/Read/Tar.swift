import TandemTree

/// Writes a tar archive in POSIX.1-2001 format (pax) as bytes.
///
/// Names that a plain header cannot hold get an extended header; their bytes are kept as they are,
/// which the record `hdrcharset=BINARY` says where they are not UTF-8.
package struct TarWriter: Sendable {
    private let time: Int64
    private var left: UInt64 = 0
    private var size: UInt64 = 0

    private static let block = 512
    private static let longestName = 100
    /// Eleven octal digits, the most a plain header's size can say.
    private static let largestSize: UInt64 = 0o77777777777

    /// Starts an archive whose entries all have this time, in seconds since 1970.
    package init(time: Int64) { self.time = time }

    /// The bytes for an event; paths are below `top`, which is the first name of each.
    package mutating func bytes(for event: SnapshotEvent, below top: [UInt8]) -> [UInt8] {
        switch event {
        case .directory(let path):
            return header(Self.join(top, path) + [UInt8(ascii: "/")], "5", mode: 0o755)
        case .symbolicLink(let path, let target):
            return header(Self.join(top, path), "2", mode: 0o777, link: target)
        case .file(let path, let executable, let size, _):
            self.size = size
            return header(
                Self.join(top, path),
                "0",
                mode: executable ? 0o755 : 0o644,
                size: size
            )
        case .data(let data): return Array(data)
        case .endOfFile: return Self.padding(size)
        }
    }

    /// What ends an archive.
    package func end() -> [UInt8] { [UInt8](repeating: 0, count: 2 * Self.block) }

    private static func join(_ top: [UInt8], _ path: RelativePath) -> [UInt8] {
        path.isRoot ? top : top + [UInt8(ascii: "/")] + path.bytes
    }

    private static func padding(_ size: UInt64) -> [UInt8] {
        [UInt8](repeating: 0, count: (block - Int(size % UInt64(block))) % block)
    }

    private func header(
        _ name: [UInt8],
        _ type: Unicode.Scalar,
        mode: UInt32,
        size: UInt64 = 0,
        link: [UInt8] = []
    ) -> [UInt8] {
        var records: [UInt8] = []
        let isPlain = Self.isPlain(name) && Self.isPlain(link)
        let isText =
            String(validating: name, as: UTF8.self) != nil
            && String(validating: link, as: UTF8.self) != nil
        if !isText { records += Self.record("hdrcharset", Array("BINARY".utf8)) }
        if !isPlain {
            records += Self.record("path", name)
            if !link.isEmpty { records += Self.record("linkpath", link) }
        }
        if size > Self.largestSize { records += Self.record("size", Array("\(size)".utf8)) }
        let plain = plainHeader(name, type, mode, min(size, Self.largestSize), link)
        guard !records.isEmpty else { return plain }
        let extended = plainHeader(Array("pax".utf8), "x", 0o644, UInt64(records.count), [])
        return extended + records + Self.padding(UInt64(records.count)) + plain
    }

    private static func isPlain(_ name: [UInt8]) -> Bool {
        name.count <= longestName && name.allSatisfy { (0x20..<0x7F).contains($0) }
    }

    /// `LENGTH key=value\n`, the length being that of the whole record.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let body = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
        var length = body.count + 1
        while "\(length)".utf8.count + body.count != length {
            length = "\(length)".utf8.count + body.count
        }
        return Array("\(length)".utf8) + body
    }

    private func plainHeader(
        _ name: [UInt8],
        _ type: Unicode.Scalar,
        _ mode: UInt32,
        _ size: UInt64,
        _ link: [UInt8]
    ) -> [UInt8] {
        var header: [UInt8] = []
        Self.put(name, 100, &header)
        Self.put(Self.octal(UInt64(mode), 7), 8, &header)
        Self.put(Self.octal(0, 7), 8, &header)
        Self.put(Self.octal(0, 7), 8, &header)
        Self.put(Self.octal(size, 11), 12, &header)
        Self.put(Self.octal(UInt64(max(time, 0)) & Self.largestSize, 11), 12, &header)
        header.append(contentsOf: [UInt8](repeating: UInt8(ascii: " "), count: 8))
        header.append(UInt8(ascii: type))
        Self.put(link, 100, &header)
        Self.put(Array("ustar\0".utf8), 6, &header)
        header.append(contentsOf: "00".utf8)
        header.append(contentsOf: [UInt8](repeating: 0, count: Self.block - header.count))
        let sum = header.reduce(UInt64(0)) { $0 + UInt64($1) }
        header.replaceSubrange(148..<156, with: Self.octal(sum, 6) + [0, UInt8(ascii: " ")])
        return header
    }

    private static func put(_ bytes: [UInt8], _ width: Int, _ header: inout [UInt8]) {
        header.append(contentsOf: bytes.prefix(width))
        header.append(contentsOf: [UInt8](repeating: 0, count: max(width - bytes.count, 0)))
    }

    private static func octal(_ value: UInt64, _ width: Int) -> [UInt8] {
        let digits = Array(String(value, radix: 8).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: max(width - digits.count, 0)) + digits
    }
}
