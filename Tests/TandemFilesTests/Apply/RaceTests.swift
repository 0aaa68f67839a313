import Dispatch
import Foundation
import Synchronization
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

/// Other processes that work in the root while batches are applied.
@Suite(.tags(.fault))
struct RaceTests {
    /// What a writer thread has written and when it shall end.
    private final class Writer: Sendable {
        let written = Mutex<[String]>([])
        let stop = Atomic(false)
    }

    private static func exchange(_ left: String, _ right: String) -> Bool {
        let done: Void? = try? withCName(Array(left.utf8)) { left throws(SystemError) in
            try withCName(Array(right.utf8)) { right throws(SystemError) in
                try RealFileSystem().rename(
                    from: currentDirectory,
                    left,
                    to: currentDirectory,
                    right,
                    how: .exchange
                )
            }
        }
        return done != nil
    }

    /// Edits by rename: each is one value that stood there for a moment, so each must survive.
    @Test func `a hot writer loses no edit: each stands in place, is shelved or was seen`() throws {
        let fixture = try ApplyFixture(["f": "start"], inMemory: true)
        let writer = Writer()
        let path = fixture.path("f")
        let thread = WorkerThread.start("writer") {
            var number = 0
            while !writer.stop.load(ordering: .relaxed) {
                let text = "edit \(number)"
                number += 1
                let fresh = path + "-edit"
                guard (try? Data(text.utf8).write(to: URL(fileURLWithPath: fresh))) != nil else {
                    continue
                }
                // The writer swaps too and reads what it replaces, so that it knows what it saw.
                guard Self.exchange(fresh, path) else { continue }
                let seen = (try? String(contentsOfFile: fresh, encoding: .utf8)) ?? ""
                writer.written.withLock { $0 += ["wrote " + text, "saw " + seen] }
            }
        }
        var sent: Set<String> = []
        var applied: Set<String> = []
        // On a busy machine the writer may win every one of the first rounds.
        let patience = DispatchTime.now() + .seconds(30)
        var round = 0
        while round < 400 || (applied.isEmpty && DispatchTime.now() < patience) {
            round += 1
            guard let now = try? fixture.read("f") else { continue }
            let text = "batch \(round)"
            sent.insert(text)
            let outcome = try fixture.send([fixture.replace("f", now, text)]).outcome
            if outcome.refusals.isEmpty { applied.insert(text) }
        }
        writer.stop.store(true, ordering: .relaxed)
        thread.join()
        let log = writer.written.withLock { Set($0) }
        let edits = log.filter { $0.hasPrefix("wrote ") }.map { String($0.dropFirst(6)) }
        let last = try fixture.read("f")
        let shelved = Set(try fixture.shelf().list().map(\.state.digest))
        #expect(edits.count > 100)
        #expect(applied.count > 0)
        for edit in edits where edit != last && !log.contains("saw " + edit) {
            let digest = EntryState.content(edit).digest
            #expect(shelved.contains(digest), "\(edit) is neither in place, shelved nor seen")
        }
        #expect(try fixture.staged() == [])
    }

    @Test func `a directory flipped to a link and back never leads outside`() throws {
        let fixture = try ApplyFixture(["d": ["f": "0"]], inMemory: true)
        try fixture.make(["f": "canary"], at: fixture.outside("canary"))
        let (inside, canary) = (fixture.path("d"), fixture.outside("canary"))
        let writer = Writer()
        symlink(canary, inside + "-link")
        let thread = WorkerThread.start("flipper") {
            while !writer.stop.load(ordering: .relaxed) {
                _ = Self.exchange(inside, inside + "-link")
            }
        }
        var outcomes: [Bool] = []
        for round in 0..<600 {
            var changes = [
                fixture.replace("d/f", "\(outcomes.count { $0 })", "\(outcomes.count { $0 } + 1)")
            ]
            if round % 3 == 1 {
                changes.append(fixture.create(.init(trusted: Array("d/g\(round)".utf8)), "new"))
            }
            if round % 3 == 2 { changes.append(fixture.remove("d/f", "canary")) }
            let outcome = try fixture.send(changes).outcome
            outcomes.append(outcome.applied.contains(0))
        }
        writer.stop.store(true, ordering: .relaxed)
        thread.join()
        #expect(outcomes.contains(true))
        #expect(outcomes.contains(false))
        let names = try FileManager.default.contentsOfDirectory(atPath: canary)
        #expect(names == ["f"])
        #expect(try String(contentsOfFile: canary + "/f", encoding: .utf8) == "canary")
    }
}
