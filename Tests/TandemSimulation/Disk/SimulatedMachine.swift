import Glibc
import TandemFiles
import TandemSystem
import TandemTree

/// The disk with its open descriptors: what each call does, without any lock.
struct SimulatedMachine: Sendable {
    /// An open file, which several descriptors may share.
    struct OpenFile: Sendable {
        var node: UInt64
        var offset = 0
        var isWritable = false
        /// The names still to be listed; nil before the first read.
        var listing: ArraySlice<[UInt8]>?
    }

    var image: DiskImage
    let time: SimulatedTime
    var settings = SimulatedFileSystem.Settings()
    var files: [Int: OpenFile] = [:]
    var descriptors: [Int32: Int] = [:]
    private var lastFile = 0

    init(_ image: DiskImage, _ time: SimulatedTime) {
        self.image = image
        self.time = time
    }

    /// The time by which files are stamped; it goes on by a little with each call.
    mutating func now() -> Int64 {
        time.advance(by: settings.callNanoseconds)
        let step = Int64(max(settings.stampNanoseconds, 1))
        return time.wall / step * step
    }

    func failure(_ code: Int32, _ name: [UInt8] = []) -> SystemError {
        SystemError("simulated call", escaped(name), errno: code)
    }

    // MARK: Descriptors

    mutating func open(_ node: UInt64, writable: Bool = false) throws(SystemError) -> Int32 {
        lastFile += 1
        files[lastFile] = OpenFile(node: node, isWritable: writable)
        return try describe(lastFile)
    }

    mutating func describe(_ file: Int) throws(SystemError) -> Int32 {
        guard descriptors.count < settings.mostDescriptors else { throw failure(EMFILE) }
        var number: Int32 = 3
        while descriptors[number] != nil { number += 1 }
        descriptors[number] = file
        return number
    }

    mutating func close(_ descriptor: Int32) {
        guard let file = descriptors.removeValue(forKey: descriptor) else { return }
        if !descriptors.values.contains(file) { files[file] = nil }
    }

    func file(_ descriptor: Int32) throws(SystemError) -> (number: Int, open: OpenFile) {
        guard let number = descriptors[descriptor], let open = files[number] else {
            throw failure(EBADF)
        }
        return (number, open)
    }

    func node(_ number: UInt64) throws(SystemError) -> DiskImage.Node {
        guard let node = image.nodes[number] else { throw failure(EBADF) }
        return node
    }

    // MARK: Names

    /// The directory and the last component that a name leads to; links on the way are refused.
    func resolve(
        _ directory: Int32,
        _ name: [UInt8]
    ) throws(SystemError) -> (directory: UInt64, name: [UInt8]) {
        guard !name.isEmpty else { throw failure(ENOENT) }
        let slash = UInt8(ascii: "/")
        var current = DiskImage.root
        if name[0] != slash && directory != currentDirectory {
            current = try file(directory).open.node
        }
        var components = name.split(separator: slash).map { Array($0) }
        guard let last = components.popLast() else { return (current, Array(".".utf8)) }
        for component in components { current = try step(current, component) }
        guard last.count <= RelativePath.longestName else { throw failure(ENAMETOOLONG, last) }
        guard try node(current).isDirectory else { throw failure(ENOTDIR, last) }
        return (current, last)
    }

    private func step(_ current: UInt64, _ name: [UInt8]) throws(SystemError) -> UInt64 {
        let node = try node(current)
        guard node.isDirectory else { throw failure(ENOTDIR, name) }
        if name == Array(".".utf8) { return current }
        guard let next = node.entries[name] else { throw failure(ENOENT, name) }
        if try self.node(next).isLink { throw failure(ELOOP, name) }
        return next
    }

    /// What stands at a name; nil where nothing does.
    func find(_ place: (directory: UInt64, name: [UInt8])) throws(SystemError) -> UInt64? {
        if place.name == Array(".".utf8) { return place.directory }
        return try node(place.directory).entries[place.name]
    }

    func existing(_ place: (directory: UInt64, name: [UInt8])) throws(SystemError) -> UInt64 {
        guard let found = try find(place) else { throw failure(ENOENT, place.name) }
        return found
    }

    /// Adds a node under a name that is free.
    mutating func make(
        _ place: (directory: UInt64, name: [UInt8]),
        mode: UInt16,
        content: [UInt8] = []
    ) throws(SystemError) -> UInt64 {
        guard try find(place) == nil else { throw failure(EEXIST, place.name) }
        if image.nodes.count > settings.collectionThreshold {
            image.collect(held: files.values.map(\.node))
            settings.collectionThreshold = image.nodes.count * 2 + 64
        }
        let now = now()
        let node = DiskImage.Node(
            mode: mode,
            content: content,
            modified: now,
            changed: now,
            birth: now
        )
        let number = image.add(node)
        change([.init(directory: place.directory, name: place.name, node: number)], at: now)
        return number
    }

    /// Changes names, and the times of their directories.
    mutating func change(_ effects: [DiskImage.Effect], at now: Int64) {
        image.take(effects)
        for effect in effects {
            image.nodes[effect.directory]?.modified = now
            image.nodes[effect.directory]?.changed = now
        }
    }

    func status(_ number: UInt64) throws(SystemError) -> FileStatus {
        let node = try node(number)
        return FileStatus(
            mode: node.mode,
            uid: geteuid(),
            links: image.linkCount(of: number),
            inode: number,
            device: settings.device,
            size: node.isDirectory ? 0 : UInt64(node.content.count),
            modified: node.modified,
            changed: node.changed,
            birth: node.birth
        )
    }
}
