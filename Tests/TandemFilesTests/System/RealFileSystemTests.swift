import Foundation
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

struct RealFileSystemTests {
    private let fileSystem = RealFileSystem()

    private func open(_ directory: TemporaryDirectory) throws -> HeldDescriptor {
        HeldDescriptor(
            try SyncRoot.open(directory.url.path, on: fileSystem).descriptor,
            of: fileSystem
        )
    }

    private func failure(_ body: () throws -> Void) -> Int32? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SystemError)?.errno
        }
    }

    @Test func `a link is neither opened nor passed through`() throws {
        let directory = try TemporaryDirectory()
        let root = try open(directory)
        try fileSystem.makeDirectory(at: root.raw, "real", mode: 0o755)
        try fileSystem.makeDirectory(at: root.raw, "real/below", mode: 0o755)
        try fileSystem.makeLink(at: root.raw, "link", target: Array("real".utf8))
        let descriptor = root.raw
        #expect(failure { _ = try fileSystem.openFile(at: descriptor, "link") } == ELOOP)
        #expect(failure { _ = try fileSystem.openDirectory(at: descriptor, "link") } == ENOTDIR)
        #expect(
            failure { _ = try fileSystem.openBeneath(root: descriptor, "link/below") } == ELOOP
        )
        let below = try fileSystem.openBeneath(root: descriptor, "real/below")
        fileSystem.close(below)
        #expect(try fileSystem.readLink(at: descriptor, "link") == Array("real".utf8))
        #expect(try fileSystem.status(at: descriptor, "link")?.kind == .link)
    }

    @Test func `nothing at a name is no error`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("x", to: "file")
        let root = try open(directory)
        #expect(try fileSystem.status(at: root.raw, "none") == nil)
        #expect(try fileSystem.status(at: root.raw, "file/below") == nil)
    }

    @Test func `a rename does what it is told about a taken name`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("one", to: "a")
        try directory.write("two", to: "b")
        let root = try open(directory)
        let raw = root.raw
        let taken = failure {
            try fileSystem.rename(from: raw, "a", to: raw, "b", how: .noReplace)
        }
        #expect(taken == EEXIST)
        try fileSystem.rename(from: raw, "a", to: raw, "b", how: .exchange)
        #expect(try directory.read("a") == "two")
        #expect(try directory.read("b") == "one")
        try fileSystem.rename(from: raw, "a", to: raw, "b", how: .plain)
        #expect(try directory.read("b") == "two")
        #expect(try fileSystem.status(at: raw, "a") == nil)
    }

    @Test func `a created file is new, and only its owner's mode is set`() throws {
        let directory = try TemporaryDirectory()
        let root = try open(directory)
        let file = HeldDescriptor(
            try fileSystem.createFile(at: root.raw, "f", mode: 0o600),
            of: fileSystem
        )
        let raw = root.raw
        #expect(failure { _ = try fileSystem.createFile(at: raw, "f", mode: 0o600) } == EEXIST)
        try fileSystem.writeAll(file.raw, Array("hello".utf8))
        try fileSystem.setMode(file.raw, 0o700)
        let status = try fileSystem.status(of: file.raw)
        #expect(status.size == 5 && status.isExecutable && status.kind == .file)
        #expect(try fileSystem.status(at: root.raw, "f") == status)
        #expect(
            try hashFile(on: fileSystem, at: root.raw, "f")?.digest
                == ContentHasher.digest(of: Array("hello".utf8))
        )
    }

    @Test func `a name with a NUL in it is refused`() {
        #expect(throws: SystemError.self) {
            try withCName([0x61, 0, 0x62]) { _ in }
        }
    }

    @Test func `an error shows its name escaped`() throws {
        let directory = try TemporaryDirectory()
        let root = try open(directory)
        do {
            let opened = try withCName([0x1B, 0x5B]) { name throws(SystemError) in
                try fileSystem.openFile(at: root.raw, name)
            }
            Issue.record("\(opened) was opened")
        } catch {
            #expect(!error.description.utf8.contains(0x1B))
            #expect(error.errno == ENOENT)
        }
    }

    @Test func `a writer is known by the refused lease`() throws {
        ProcessSettings.harden()
        let directory = try TemporaryDirectory()
        let path = try directory.write("x", to: "f")
        let root = try open(directory)
        let reader = HeldDescriptor(try fileSystem.openFile(at: root.raw, "f"), of: fileSystem)
        let free = fileSystem.takeReadLease(reader.raw)
        #expect(free == .held || free == .unavailable)
        fileSystem.releaseReadLease(reader.raw)
        let writer = Glibc.open(path, O_WRONLY)
        #expect(fileSystem.takeReadLease(reader.raw) != .held)
        Glibc.close(writer)
    }

    @Test func `a held descriptor is closed once, or given away`() throws {
        let directory = try TemporaryDirectory()
        let counting = FaultyFileSystem()
        func use() throws -> Int32 {
            let root = try SyncRoot.open(directory.url.path, on: counting)
            let held = HeldDescriptor(root.descriptor, of: counting)
            return held.take()
        }
        let given = try use()
        #expect(counting.openDescriptors == 1)
        _ = HeldDescriptor(given, of: counting)
        #expect(counting.openDescriptors == 0)
    }
}
