import Foundation
import Synchronization
import TandemDaemon
import TandemSystem
import Testing

struct LogFileTests {
    private func policy(bytes: Int, files: Int) -> LogFile.Policy {
        var policy = LogFile.Policy()
        policy.maximumBytes = bytes
        policy.keptFiles = files
        return policy
    }

    private func allLines(in scratch: borrowing ScratchDirectory) throws -> [String] {
        try scratch.names().flatMap { name in
            try scratch.text(of: name).split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast().map(String.init)
        }
    }

    @Test func `every line of four writers is there once, whole, across rotations`() throws {
        let scratch = try ScratchDirectory()
        let file = try LogFile(
            directory: scratch.path,
            name: "agent",
            policy: policy(bytes: 20_000, files: 10_000)
        )
        let writers = (0..<4).map { writer in
            WorkerThread.start("writer") {
                for line in 0..<3000 { file.write(Array("w\(writer) l\(line) 0123456789".utf8)) }
            }
        }
        for writer in writers { writer.join() }
        let expected = (0..<4).flatMap { writer in
            (0..<3000).map { "w\(writer) l\($0) 0123456789" }
        }
        #expect(try allLines(in: scratch).sorted() == expected.sorted())
        #expect(try scratch.names().count > 10)
        for name in try scratch.names() {
            #expect(try scratch.text(of: name).utf8.count <= 20_000)
        }
    }

    @Test func `lines of one writer stay in order over the files' numbers`() throws {
        let scratch = try ScratchDirectory()
        let file = try LogFile(
            directory: scratch.path,
            name: "a",
            policy: policy(bytes: 8, files: 100)
        )
        for line in 0..<12 { file.write(Array("\(line % 10)23".utf8)) }
        #expect(try scratch.text(of: "a.log.1") == "023\n123\n")
        #expect(try scratch.text(of: "a.log.5") == "823\n923\n")
        #expect(try scratch.text(of: "a.log") == "023\n123\n")
    }

    @Test func `only the newest rotated files are kept, and numbers go on after a restart`() throws
    {
        let scratch = try ScratchDirectory()
        for _ in 0..<2 {
            let file = try LogFile(
                directory: scratch.path,
                name: "a",
                policy: policy(bytes: 4, files: 2)
            )
            for line in 0..<5 { file.write(Array("l\(line)".utf8)) }
        }
        #expect(try scratch.names() == ["a.log", "a.log.8", "a.log.9"])
    }

    @Test func `a file is rotated when it is old, and removed when it is older`() throws {
        let scratch = try ScratchDirectory()
        let clock = ManualTime(wall: SystemTime().wall)
        var policy = LogFile.Policy()
        policy.maximumAge = 60
        let file = try LogFile(
            directory: scratch.path,
            name: "a",
            policy: policy,
            clock: clock
        )
        file.write(Array("first".utf8))
        clock.advance(seconds: 50)
        file.write(Array("second".utf8))
        #expect(try scratch.names() == ["a.log"])
        clock.advance(seconds: 3600)
        file.write(Array("third".utf8))
        #expect(try scratch.names() == ["a.log"])
        #expect(try scratch.text(of: "a.log") == "third\n")
    }

    @Test func `a full disk drops lines, tears none, and says so later`() throws {
        let scratch = try ScratchDirectory()
        let storage = LimitedStorage(left: 25)
        let file = try LogFile(
            directory: scratch.path,
            name: "a",
            storage: storage,
            clock: ManualTime()
        )
        for line in 0..<5 { file.write(Array("0123456\(line)".utf8)) }
        #expect(file.droppedLines == 3)
        #expect(try scratch.text(of: "a.log") == "01234560\n01234561\n")
        storage.state.withLock { $0.left = 10_000 }
        file.write(Array("after".utf8))
        let notice =
            #"{"time":"2023-11-14T22:13:20.000000Z","level":"warning","logger":"a","#
            + #""message":"log lines were dropped","dropped":3,"#
            + #""reason":"No space left on device"}"#
        #expect(try scratch.text(of: "a.log") == "01234560\n01234561\n\(notice)\nafter\n")
        #expect(file.droppedLines == 0)
    }

    @Test func `a torn line that cannot be taken back is ended before the next`() throws {
        let scratch = try ScratchDirectory()
        let storage = LimitedStorage(left: 4)
        let file = try LogFile(directory: scratch.path, name: "a", storage: storage)
        storage.state.withLock { $0.failsTruncate = true }
        file.write(Array("abcdefgh".utf8))
        storage.state.withLock { $0.left = 10_000 }
        file.write(Array("next".utf8))
        let lines = try scratch.text(of: "a.log").split(separator: "\n")
        #expect(lines.first == "abcd")
        #expect(lines.last == "next")
        #expect(lines.count == 3)
    }

    @Test(arguments: [true, false])
    func `a rotation that fails loses no line`(renameFails: Bool) throws {
        let scratch = try ScratchDirectory()
        let storage = LimitedStorage(left: 10_000)
        let file = try LogFile(
            directory: scratch.path,
            name: "a",
            policy: policy(bytes: 10, files: 100),
            storage: storage
        )
        storage.state.withLock {
            $0.failsRename = renameFails
            $0.failsOpen = !renameFails
        }
        for line in 0..<6 { file.write(Array("line\(line)".utf8)) }
        #expect(try scratch.names() == ["a.log"])
        storage.state.withLock {
            $0.failsRename = false
            $0.failsOpen = false
        }
        file.write(Array("line6".utf8))
        #expect(try allLines(in: scratch).sorted() == (0..<7).map { "line\($0)" })
        #expect(try scratch.names() == ["a.log", "a.log.1"])
    }

    @Test func `a file renamed by somebody else is opened anew on request`() throws {
        let scratch = try ScratchDirectory()
        let file = try LogFile(directory: scratch.path, name: "a")
        file.write(Array("one".utf8))
        try FileManager.default.moveItem(
            atPath: "\(scratch.path)/a.log",
            toPath: "\(scratch.path)/old"
        )
        file.reopen()
        file.write(Array("three".utf8))
        #expect(try scratch.text(of: "old") == "one\n")
        #expect(try scratch.text(of: "a.log") == "three\n")
    }

    @Test func `line feeds inside a line cannot forge a second one`() throws {
        let scratch = try ScratchDirectory()
        let file = try LogFile(directory: scratch.path, name: "a")
        file.write(Array("one\ntwo\n\n".utf8))
        file.write([])
        #expect(try scratch.text(of: "a.log") == "one two\n\n")
    }

    @Test func `a link in the log's place is refused`() throws {
        let scratch = try ScratchDirectory()
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/a.log",
            withDestinationPath: "/dev/null"
        )
        #expect(throws: SystemError.self) { try LogFile(directory: scratch.path, name: "a") }
    }

    @Test func `two that write one log mix no line and lose none`() throws {
        let scratch = try ScratchDirectory()
        // As in two processes: nothing but the directory is shared.
        let files = try (0..<2).map { _ in
            try LogFile(
                directory: scratch.path,
                name: "agent",
                policy: policy(bytes: 5_000, files: 10_000)
            )
        }
        let writers = files.indices.map { writer in
            WorkerThread.start("writer") {
                for line in 0..<4000 {
                    files[writer].write(Array("w\(writer) l\(line) 0123456789".utf8))
                }
            }
        }
        for writer in writers { writer.join() }
        let expected = files.indices.flatMap { writer in
            (0..<4000).map { "w\(writer) l\($0) 0123456789" }
        }
        #expect(try allLines(in: scratch).sorted() == expected.sorted())
        // 34 files at least hold it by size; a writer that meets the other's rotation skips its own.
        #expect(try scratch.names().count > 10)
    }

    @Test func `a file that somebody removed or renamed is followed by a new one`() throws {
        let scratch = try ScratchDirectory()
        let file = try LogFile(directory: scratch.path, name: "a")
        file.write(Array("one".utf8))
        try FileManager.default.moveItem(
            atPath: "\(scratch.path)/a.log",
            toPath: "\(scratch.path)/a.old"
        )
        file.write(Array("two".utf8))
        #expect(try scratch.text(of: "a.old") == "one\n")
        #expect(try scratch.text(of: "a.log") == "two\n")
        try FileManager.default.removeItem(atPath: "\(scratch.path)/a.log")
        file.write(Array("three".utf8))
        #expect(try scratch.text(of: "a.log") == "three\n")
    }
}
