package import TandemSystem
package import TandemTree

/// An open directory that several may use; it is closed with the last of them.
///
/// Names are single components, so nothing here can lead out of the directory.
package final class Directory: Sendable {
    package let raw: Int32
    package let fileSystem: any FileSystem

    /// Takes ownership of a descriptor that `fileSystem` opened.
    package init(_ raw: Int32, of fileSystem: any FileSystem) {
        self.raw = raw
        self.fileSystem = fileSystem
    }

    deinit { fileSystem.close(raw) }

    /// Opens the directory at `path` beneath `root`, following no link.
    package static func beneath(
        _ root: Int32,
        _ path: RelativePath,
        of fileSystem: any FileSystem
    ) throws(SystemError) -> Directory {
        Directory(try fileSystem.openBeneath(root: root, path), of: fileSystem)
    }

    package func beneath(_ path: RelativePath) throws(SystemError) -> Directory {
        try Self.beneath(raw, path, of: fileSystem)
    }

    package func directory(_ name: [UInt8]) throws(SystemError) -> Directory {
        let opened = try withCName(name) { name throws(SystemError) in
            try fileSystem.openDirectory(at: raw, name)
        }
        return Directory(opened, of: fileSystem)
    }

    package func openFile(_ name: [UInt8]) throws(SystemError) -> HeldDescriptor {
        let opened = try withCName(name) { name throws(SystemError) in
            try fileSystem.openFile(at: raw, name)
        }
        return HeldDescriptor(opened, of: fileSystem)
    }

    package func createFile(_ name: [UInt8], mode: UInt32) throws(SystemError) -> HeldDescriptor {
        let opened = try withCName(name) { name throws(SystemError) in
            try fileSystem.createFile(at: raw, name, mode: mode)
        }
        return HeldDescriptor(opened, of: fileSystem)
    }

    package func status(_ name: [UInt8]) throws(SystemError) -> FileStatus? {
        try withCName(name) { name throws(SystemError) in
            try fileSystem.status(at: raw, name)
        }
    }

    package func readLink(_ name: [UInt8]) throws(SystemError) -> [UInt8] {
        try withCName(name) { name throws(SystemError) in
            try fileSystem.readLink(at: raw, name)
        }
    }

    package func makeLink(_ name: [UInt8], target: [UInt8]) throws(SystemError) {
        try withCName(name) { name throws(SystemError) in
            try fileSystem.makeLink(at: raw, name, target: target)
        }
    }

    package func makeDirectory(_ name: [UInt8], mode: UInt32) throws(SystemError) {
        try withCName(name) { name throws(SystemError) in
            try fileSystem.makeDirectory(at: raw, name, mode: mode)
        }
    }

    package func rename(
        _ name: [UInt8],
        to target: Directory,
        _ targetName: [UInt8],
        _ how: RenameHow
    ) throws(SystemError) {
        try withCName(name) { name throws(SystemError) in
            try withCName(targetName) { targetName throws(SystemError) in
                try fileSystem.rename(
                    from: raw,
                    name,
                    to: target.raw,
                    targetName,
                    how: how
                )
            }
        }
    }

    package func removeFile(_ name: [UInt8]) throws(SystemError) {
        try withCName(name) { name throws(SystemError) in
            try fileSystem.removeFile(at: raw, name)
        }
    }

    package func removeDirectory(_ name: [UInt8]) throws(SystemError) {
        try withCName(name) { name throws(SystemError) in
            try fileSystem.removeDirectory(at: raw, name)
        }
    }

    package func sync() throws(SystemError) { try fileSystem.sync(raw) }

    /// The names in the directory, in the kernel's order; reads it from the start.
    package func names() throws(SystemError) -> [[UInt8]] {
        // A new open file has its own position.
        let fresh = try directory([UInt8(ascii: ".")])
        var names: [[UInt8]] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.listingBuffer,
            alignment: MemoryLayout<UInt64>.alignment
        )
        defer { buffer.deallocate() }
        while true {
            let count = try fileSystem.readDirectory(fresh.raw, into: buffer)
            if count == 0 { return names }
            var records = DirectoryRecords(buffer, count: count)
            while let name = records.next() {
                names.append(name.dropLast().map { UInt8(bitPattern: $0) })
            }
        }
    }

    private static let listingBuffer = 32 * 1024
}

/// The last few directories opened beneath a base, because neighbours share their parents.
///
/// A held directory may be renamed meanwhile, as any open directory may; it stays the one that was
/// reached beneath the base without a link.
struct DirectoryCache {
    private let base: Int32
    private let fileSystem: any FileSystem
    private var held: [(path: RelativePath, directory: Directory)] = []

    /// Enough for the parents along one path that neighbours use, and few descriptors.
    private static let capacity = 8

    init(base: Int32, of fileSystem: any FileSystem) {
        self.base = base
        self.fileSystem = fileSystem
    }

    mutating func directory(_ path: RelativePath) throws(SystemError) -> Directory {
        if let last = held.last, last.path == path { return last.directory }
        if let index = held.firstIndex(where: { $0.path == path }) {
            held.append(held.remove(at: index))
            return held[held.count - 1].directory
        }
        let opened = try Directory.beneath(base, path, of: fileSystem)
        if held.count == Self.capacity { held.removeFirst() }
        held.append((path, opened))
        return opened
    }

    mutating func forget() { held.removeAll() }
}
