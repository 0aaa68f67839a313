import Glibc
import TandemSystem
import TandemTree

/// A directory as one file: what the shelf makes of one, so that no watcher takes it for a tree.
///
/// ```
/// magic  "TNDMPAK1"
/// entry  tag u8 (1 file, 2 program, 3 link, 4 directory), name length u16, name,
///        file and program: size u64, content; link: target length u16, target
/// end    tag 5 closes a directory; the outermost directory has no name and no tag
/// seal   SHA-256 of all before it
/// ```
enum ShelfPack {
    enum Tag: UInt8 {
        case file = 1
        case program = 2
        case link = 3
        case directory = 4
        case end = 5
    }

    static let magic = Array("TNDMPAK1".utf8)
    private static let mark = UInt8(ascii: "p")

    /// The name of the pack made of an object.
    static func name(for object: [UInt8]) -> [UInt8] { object + [mark] }

    /// Names in the stage are hexadecimal with at most a `d` behind: none ends like a pack's.
    static func isPack(_ name: [UInt8]) -> Bool { name.last == mark }

    /// The object that a pack was made of.
    static func source(of name: [UInt8]) -> [UInt8]? {
        isPack(name) ? Array(name.dropLast()) : nil
    }

    /// Whether a name may stand in a directory; stricter rules hold for what is synced.
    static func isName(_ name: [UInt8]) -> Bool {
        !name.isEmpty && name.count <= RelativePath.longestName && !name.contains(0)
            && !name.contains(UInt8(ascii: "/")) && name != Array(".".utf8)
            && name != Array("..".utf8)
    }
}

/// Writes a directory's entries into a file, a piece at a time.
struct PackWriter: ~Copyable {
    private let fileSystem: any FileSystem
    private let target: Int32
    private var hasher = ContentHasher()
    private var buffer: [UInt8] = []

    private static let bufferSize = 64 * 1024

    private enum Step {
        case enter(RelativePath)
        case leave
    }

    init(_ fileSystem: any FileSystem, to target: Int32) {
        self.fileSystem = fileSystem
        self.target = target
    }

    /// Packs all of `top`; the number of bytes.
    ///
    /// - Throws: EOPNOTSUPP when something in it is no file, directory or link.
    mutating func pack(_ top: Directory) throws(SystemError) -> UInt64 {
        buffer = ShelfPack.magic
        var steps: [Step] = [.enter(.root)]
        while let step = steps.popLast() {
            switch step {
            case .leave: buffer.append(ShelfPack.Tag.end.rawValue)
            case .enter(let path):
                if !path.isRoot { begin(.directory, path.name) }
                steps.append(.leave)
                let inner = try writeEntries(of: try top.beneath(path))
                steps.append(contentsOf: inner.reversed().map { .enter(path.appending($0)) })
            }
            try spill(atLeast: Self.bufferSize)
        }
        try spill(atLeast: 1)
        let seal = hasher.finish().bytes
        try fileSystem.writeAll(target, seal)
        try fileSystem.sync(target)
        return try fileSystem.status(of: target).size
    }

    /// Writes what is no directory; the names of the directories, sorted.
    private mutating func writeEntries(of directory: Directory) throws(SystemError) -> [[UInt8]] {
        var directories: [[UInt8]] = []
        for name in try directory.names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let status = try directory.status(name) else { continue }
            switch status.type {
            case .directory: directories.append(name)
            case .link:
                let link = try directory.readLink(name)
                begin(.link, name)
                put(UInt16(clamping: link.count), link)
            case .file: try writeFile(directory, name)
            default: throw SystemError("pack", escaped(name), errno: EOPNOTSUPP)
            }
            try spill(atLeast: Self.bufferSize)
        }
        return directories
    }

    private mutating func writeFile(
        _ directory: Directory,
        _ name: [UInt8]
    ) throws(SystemError) {
        let file = try directory.openFile(name)
        let status = try fileSystem.status(of: file.raw)
        guard status.type == .file else { throw SystemError("pack", errno: EOPNOTSUPP) }
        begin(status.isExecutable ? .program : .file, name)
        withUnsafeBytes(of: status.size.littleEndian) { buffer.append(contentsOf: $0) }
        try spill(atLeast: 1)
        var written: UInt64 = 0
        try fileSystem.eachChunk(of: file.raw) { bytes throws(SystemError) in
            written += UInt64(bytes.count)
            guard written <= status.size else { throw SystemError("pack", errno: EAGAIN) }
            hasher.update(bytes)
            try fileSystem.writeAll(target, bytes)
        }
        // Somebody still writes it: it is packed another time.
        guard written == status.size else { throw SystemError("pack", errno: EAGAIN) }
    }

    private mutating func begin(_ tag: ShelfPack.Tag, _ name: [UInt8]) {
        buffer.append(tag.rawValue)
        put(UInt16(clamping: name.count), name)
    }

    private mutating func put(_ count: UInt16, _ bytes: [UInt8]) {
        withUnsafeBytes(of: count.littleEndian) { buffer.append(contentsOf: $0) }
        buffer.append(contentsOf: bytes)
    }

    private mutating func spill(atLeast count: Int) throws(SystemError) {
        guard buffer.count >= count else { return }
        hasher.update(buffer)
        try fileSystem.writeAll(target, buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}
