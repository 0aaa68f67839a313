import Foundation
import TandemDaemon
import TandemSystem
import Testing

struct AtomicFileTests {
    @Test func `a file is made and replaced whole, with its mode and nothing beside it`() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/state"
        try AtomicFile.write(Array("one".utf8), to: path)
        try AtomicFile.write(Array("two, longer".utf8), to: path)
        #expect(try AtomicFile.read(path, limit: 100) == Array("two, longer".utf8))
        #expect(try scratch.names() == ["state"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test func `a write that fails leaves the old file and no temporary one`() throws {
        let scratch = try ScratchDirectory()
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/state/sub",
            withIntermediateDirectories: true
        )
        #expect(throws: SystemError.self) {
            try AtomicFile.write([1], to: "\(scratch.path)/state")
        }
        #expect(try scratch.names() == ["state"])
    }

    @Test func `a missing file reads as nil, one over the limit as an error`() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/f"
        #expect(try AtomicFile.read(path, limit: 1) == nil)
        try AtomicFile.write([UInt8](repeating: 7, count: 70_000), to: path)
        #expect(try AtomicFile.read(path, limit: 70_000)?.count == 70_000)
        #expect(throws: SystemError("read", path, errno: EFBIG)) {
            try AtomicFile.read(path, limit: 69_999)
        }
    }

    @Test func `what a crash left is removed, and nothing else`() throws {
        let scratch = try ScratchDirectory()
        for name in [".state.1f.new", ".hidden", "a.new"] {
            try Data().write(to: URL(fileURLWithPath: "\(scratch.path)/\(name)"))
        }
        AtomicFile.removeLeftovers(in: scratch.path)
        #expect(try scratch.names() == [".hidden", "a.new"])
    }
}
