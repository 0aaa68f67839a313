import Foundation
import TandemDaemon
import TandemSystem
import Testing

struct StateLockTests {
    private func take(_ directory: String) -> StateLockError? {
        do throws(StateLockError) {
            _ = try StateLock(directory: directory)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a second taker is told the holder's pid`() throws {
        let scratch = try ScratchDirectory()
        let lock = try StateLock(directory: scratch.path)
        let error = take(scratch.path)
        #expect(error == .held(path: lock.path, pid: ProcessInfo.processInfo.processIdentifier))
        #expect(error?.description.contains("is held by process") == true)
        withExtendedLifetime(lock.path) {}
    }

    @Test func `the lock is free when its holder ends`() throws {
        let scratch = try ScratchDirectory()
        #expect(take(scratch.path) == nil)
        #expect(take(scratch.path) == nil)
    }

    @Test func `a lock file left by a dead process is no obstacle`() throws {
        let scratch = try ScratchDirectory()
        try Data("999999\nrubbish".utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/lock"))
        let lock = try StateLock(directory: scratch.path)
        let pid = ProcessInfo.processInfo.processIdentifier
        #expect(try scratch.text(of: "lock") == "\(pid)\n")
        _ = consume lock
    }

    @Test func `a lock file that cannot be opened is an error of its own`() throws {
        let scratch = try ScratchDirectory()
        guard case .failed(let error)? = take("\(scratch.path)/missing") else {
            Issue.record("no error")
            return
        }
        #expect(error.errno == ENOENT)
    }
}
