import Glibc
import TandemSystem
import TandemTree

/// Reads a pack and makes its entries in a directory; any bytes give them or an error.
struct PackReader: ~Copyable {
    private let fileSystem: any FileSystem
    private let source: Int32
    /// Where the seal begins.
    private let end: UInt64
    private var hasher = ContentHasher()
    private var offset: UInt64 = 0

    private static let pieceSize: UInt64 = 64 * 1024

    /// Begins to read; nil when the file is too short to be a pack.
    init?(_ fileSystem: any FileSystem, from source: Int32) throws(SystemError) {
        let size = try fileSystem.status(of: source).size
        guard size >= UInt64(ShelfPack.magic.count + Digest.byteCount) else { return nil }
        self.fileSystem = fileSystem
        self.source = source
        end = size - UInt64(Digest.byteCount)
    }

    /// Makes everything in `target`, an empty directory, and flushes it.
    ///
    /// - Throws: EBADMSG for a pack that is damaged; what is made then is to be thrown away.
    mutating func unpack(into target: Directory) throws(SystemError) {
        guard try take(UInt64(ShelfPack.magic.count)) == ShelfPack.magic else { throw Self.damaged }
        var path = RelativePath.root
        var directory = target
        while true {
            guard let tag = ShelfPack.Tag(rawValue: try integer(UInt8.self)) else {
                throw Self.damaged
            }
            switch tag {
            case .end:
                try directory.sync()
                guard let parent = path.parent else { return try checkSeal() }
                path = parent
                directory = try target.beneath(path)
            case .directory:
                let name = try name()
                try directory.makeDirectory(name, mode: Stage.directoryMode)
                path = path.appending(name)
                guard path.bytes.count <= RelativePath.longestPath else { throw Self.damaged }
                directory = try directory.directory(name)
            case .link:
                let name = try name()
                let count = try integer(UInt16.self)
                try directory.makeLink(name, target: try take(UInt64(count)))
            case .file: try file(in: directory, mode: Stage.fileMode)
            case .program: try file(in: directory, mode: Stage.executableMode)
            }
        }
    }

    private mutating func file(in directory: Directory, mode: UInt32) throws(SystemError) {
        let name = try name()
        var left = try integer(UInt64.self)
        guard left <= end - offset else { throw Self.damaged }
        let file = try directory.createFile(name, mode: mode)
        while left > 0 {
            let piece = try take(min(left, Self.pieceSize))
            try fileSystem.writeAll(file.raw, piece)
            left -= UInt64(piece.count)
        }
        try fileSystem.sync(file.raw)
    }

    private mutating func name() throws(SystemError) -> [UInt8] {
        let count = try integer(UInt16.self)
        let name = try take(UInt64(count))
        guard ShelfPack.isName(name) else { throw Self.damaged }
        return name
    }

    private mutating func integer<Value: FixedWidthInteger>(
        _: Value.Type
    ) throws(SystemError) -> Value {
        var value: Value = 0
        for byte in try take(UInt64(MemoryLayout<Value>.size)).reversed() {
            value = (value << 8) | Value(truncatingIfNeeded: byte)
        }
        return value
    }

    /// The next bytes; counts are small or checked against the file before.
    private mutating func take(_ count: UInt64) throws(SystemError) -> [UInt8] {
        guard count <= end - offset else { throw Self.damaged }
        let bytes = try read(Int(count))
        hasher.update(bytes)
        offset += count
        return bytes
    }

    private func read(_ count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(SystemError) {
                filled = try fileSystem.readFull(
                    source,
                    at: offset,
                    into: UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]
                    )
                )
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard bytes.count == count else { throw Self.damaged }
        return bytes
    }

    private mutating func checkSeal() throws(SystemError) {
        guard offset == end, Digest(bytes: try read(Digest.byteCount)) == hasher.finish() else {
            throw Self.damaged
        }
    }

    private static let damaged = SystemError("read a packed directory", errno: EBADMSG)
}
