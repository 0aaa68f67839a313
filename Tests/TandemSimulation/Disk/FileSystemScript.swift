import Glibc
package import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// Random calls in one directory, and what each gave: the same script on two file systems must give
/// the same lines.
///
/// Inode numbers, times and the order of names in a directory may differ, and stand in no line as
/// such; whether a stamp changed does.
package struct FileSystemScript {
    private let fileSystem: any FileSystem
    private let top: Int32
    private var generator: SeededGenerator
    private var open: [Int32] = []
    package private(set) var lines: [String] = []

    /// Stands before a directory that is empty.
    package init(_ fileSystem: any FileSystem, top: Int32, seed: UInt64) {
        self.fileSystem = fileSystem
        self.top = top
        generator = SeededGenerator(seed: seed)
    }

    /// Makes so many calls, then closes what is open and lists everything.
    package mutating func run(calls: Int) {
        for _ in 0..<calls { makeCall() }
        for descriptor in open { fileSystem.close(descriptor) }
        lines += listing(top, "")
    }

    private mutating func makeCall() {
        let (a, b) = (path(), path())
        switch generator.below(17) {
        case 0, 1: noteOpened("create \(a)") { try $0.create(a) }
        case 2: note("make directory \(a)") { try $0.makeDirectory(a) }
        case 3: note("link \(a)") { try $0.makeLink(a) }
        case 4: note("rename \(a) \(b)") { try $0.rename(a, b, .plain) }
        case 5: note("rename \(a) \(b) where free") { try $0.rename(a, b, .noReplace) }
        case 6: note("exchange \(a) \(b)") { try $0.rename(a, b, .exchange) }
        case 7: note("remove \(a)") { try $0.removeFile(a) }
        case 8: note("remove directory \(a)") { try $0.removeDirectory(a) }
        case 9: noteOpened("open \(a)") { try $0.open(a) }
        case 10: noteOpened("open \(a) for writing") { try $0.openForWriting(a) }
        case 11: noteOpened("open directory \(a)") { try $0.openDirectory(a) }
        case 12: note("status \(a)") { try $0.status(a) }
        case 13: note("read link \(a)") { try $0.readLink(a) }
        case 14: noteOpened("open beneath \(a)") { try $0.openBeneath(a) }
        default: useDescriptor()
        }
    }

    /// Paths are short, so that they meet often.
    private mutating func path() -> String {
        let names = ["a", "b", "c", "d/a", "d/b", "d", "d/d", "d/d/a", "e/a"]
        return names[generator.below(names.count)]
    }

    private mutating func useDescriptor() {
        guard !open.isEmpty else { return }
        let index = generator.below(open.count)
        let descriptor = open[index]
        let bytes = (0..<(1 + generator.below(40))).map { _ in UInt8(generator.below(256)) }
        let offset = UInt64(generator.below(50))
        switch generator.below(10) {
        case 0, 1: note("write") { try $0.write(descriptor, bytes) }
        case 2: note("write at") { try $0.write(descriptor, bytes, at: offset) }
        case 3: note("read") { try $0.read(descriptor, bytes.count) }
        case 4: note("read at") { try $0.read(descriptor, bytes.count, at: offset) }
        case 5: note("truncate") { try $0.truncate(descriptor, offset) }
        case 6: note("set mode") { try $0.setMode(descriptor, 0o600 | UInt32(offset % 2) * 0o100) }
        case 7: note("status of") { try $0.status(descriptor) }
        case 8: note("flush") { try $0.sync(descriptor) }
        default:
            fileSystem.close(descriptor)
            open.remove(at: index)
        }
    }

    private mutating func noteOpened(_ call: String, _ body: (ScriptCalls) throws -> Int32) {
        var opened: Int32?
        note(call) { calls in
            opened = try body(calls)
            return "opened"
        }
        if let opened { open.append(opened) }
    }

    private mutating func note(_ call: String, _ body: (ScriptCalls) throws -> String) {
        let calls = ScriptCalls(fileSystem: fileSystem, top: top)
        do {
            lines.append("\(call): \(try body(calls))")
        } catch let error as SystemError {
            lines.append("\(call): errno \(error.errno)")
        } catch {
            lines.append("\(call): \(error)")
        }
    }

    private func listing(_ directory: Int32, _ path: String) -> [String] {
        let calls = ScriptCalls(fileSystem: fileSystem, top: directory)
        var lines: [String] = []
        for name in (try? calls.names()) ?? [] {
            lines.append("\(path)\(name): \((try? calls.status(name)) ?? "gone")")
            if let file = try? calls.open(name) {
                lines.append((try? calls.read(file, 1_000, at: 0)) ?? "not readable")
                fileSystem.close(file)
            }
            if let inner = try? calls.openDirectory(name) {
                lines += listing(inner, "\(path)\(name)/")
                fileSystem.close(inner)
            }
        }
        return lines
    }
}

/// The calls of a script, each with what it gave as text.
private struct ScriptCalls {
    let fileSystem: any FileSystem
    let top: Int32

    /// The directory and the last name of a path; paths are opened step by step.
    private func at<Value>(
        _ path: String,
        _ body: (Int32, UnsafePointer<CChar>) throws(SystemError) -> Value
    ) throws -> Value {
        let path = RelativePath(trusted: Array(path.utf8))
        let parent = try fileSystem.openBeneath(root: top, path.parent ?? .root)
        defer { fileSystem.close(parent) }
        return try withCName(path.name) { name throws(SystemError) in try body(parent, name) }
    }

    func create(_ path: String) throws -> Int32 {
        try at(path) { parent, name throws(SystemError) in
            try fileSystem.createFile(at: parent, name, mode: 0o666)
        }
    }

    func open(_ path: String) throws -> Int32 {
        try at(path) { parent, name throws(SystemError) in
            try fileSystem.openFile(at: parent, name)
        }
    }

    func openForWriting(_ path: String) throws -> Int32 {
        try at(path) { parent, name throws(SystemError) in
            try fileSystem.openForWriting(at: parent, name)
        }
    }

    func openDirectory(_ path: String) throws -> Int32 {
        try at(path) { parent, name throws(SystemError) in
            try fileSystem.openDirectory(at: parent, name)
        }
    }

    func openBeneath(_ path: String) throws -> Int32 {
        try fileSystem.openBeneath(root: top, RelativePath(trusted: Array(path.utf8)))
    }

    func makeDirectory(_ path: String) throws -> String {
        try at(path) { parent, name throws(SystemError) in
            try fileSystem.makeDirectory(at: parent, name, mode: 0o777)
        }
        return "made"
    }

    func makeLink(_ path: String) throws -> String {
        try at(path) { parent, name throws(SystemError) in
            try fileSystem.makeLink(at: parent, name, target: Array("../nowhere".utf8))
        }
        return "made"
    }

    func removeFile(_ path: String) throws -> String {
        try at(path) { parent, name throws(SystemError) in
            try fileSystem.removeFile(at: parent, name)
        }
        return "removed"
    }

    func removeDirectory(_ path: String) throws -> String {
        try at(path) { parent, name throws(SystemError) in
            try fileSystem.removeDirectory(at: parent, name)
        }
        return "removed"
    }

    func rename(_ from: String, _ to: String, _ how: RenameHow) throws -> String {
        try at(from) { fromParent, fromName throws(SystemError) in
            let target = RelativePath(trusted: Array(to.utf8))
            let parent = try fileSystem.openBeneath(root: top, target.parent ?? .root)
            defer { fileSystem.close(parent) }
            try withCName(target.name) { toName throws(SystemError) in
                try fileSystem.rename(from: fromParent, fromName, to: parent, toName, how: how)
            }
        }
        return "renamed"
    }

    func readLink(_ path: String) throws -> String {
        let target = try at(path) { parent, name throws(SystemError) in
            try fileSystem.readLink(at: parent, name)
        }
        return String(decoding: target, as: UTF8.self)
    }

    func status(_ path: String) throws -> String {
        let status = try at(path) { parent, name throws(SystemError) in
            try fileSystem.status(at: parent, name)
        }
        return status.map(text) ?? "nothing"
    }

    func status(_ descriptor: Int32) throws -> String {
        text(try fileSystem.status(of: descriptor))
    }

    private func text(_ status: FileStatus) -> String {
        let size = status.type == .directory ? 0 : status.size
        return "\(status.type) mode \(String(status.mode, radix: 8)) links \(status.links)"
            + " size \(size) ordered \(status.modified <= status.changed)"
    }

    func write(_ descriptor: Int32, _ bytes: [UInt8], at offset: UInt64? = nil) throws -> String {
        let count = try bytes.withUnsafeBufferPointer { bytes throws(SystemError) in
            let bytes = UnsafeRawBufferPointer(bytes)
            guard let offset else { return try fileSystem.write(descriptor, bytes) }
            return try fileSystem.write(descriptor, at: offset, bytes)
        }
        return "wrote \(count)"
    }

    func read(_ descriptor: Int32, _ count: Int, at offset: UInt64? = nil) throws -> String {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytes { buffer throws(SystemError) in
            guard let offset else { return try fileSystem.read(descriptor, into: buffer) }
            return try fileSystem.read(descriptor, at: offset, into: buffer)
        }
        return "read \(Array(bytes[..<read]))"
    }

    func truncate(_ descriptor: Int32, _ length: UInt64) throws -> String {
        try fileSystem.truncate(descriptor, to: length)
        return "cut"
    }

    func setMode(_ descriptor: Int32, _ mode: UInt32) throws -> String {
        try fileSystem.setMode(descriptor, mode)
        return "set"
    }

    func sync(_ descriptor: Int32) throws -> String {
        try fileSystem.sync(descriptor)
        return "durable"
    }

    /// The names in a directory, sorted.
    func names() throws -> [String] {
        let directory = try fileSystem.openDirectory(at: top, ".")
        defer { fileSystem.close(directory) }
        var names: [String] = []
        var buffer = [UInt8](repeating: 0, count: 600)
        while true {
            let isAtEnd = try buffer.withUnsafeMutableBytes { buffer throws(SystemError) in
                let count = try fileSystem.readDirectory(directory, into: buffer)
                var records = DirectoryRecords(buffer, count: count)
                while let name = records.next() {
                    let bytes = UnsafeRawBufferPointer(name).dropLast()
                    names.append(String(decoding: bytes, as: UTF8.self))
                }
                return count == 0
            }
            if isAtEnd { return names.sorted() }
        }
    }
}
