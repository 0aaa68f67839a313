import Foundation
import GRDB
import TandemTree
import Testing

@testable import TandemStore

struct StoreTests {
    private let id = [UInt8](0..<16)

    private func pair(_ name: String = "shop", id: [UInt8]? = nil) -> PairRecord {
        PairRecord(
            id: id ?? self.id,
            name: name,
            laptopRoot: Array("/home/m\u{FC}/".utf8) + [0xFF, 0xFE],
            destination: "me@devvm",
            container: "tandem-receiver",
            vmRoot: "/app",
            mode: .mirror,
            created: 1_700_000_000_000_000_000,
            settings: #"{"transport":"exec"}"#
        )
    }

    private func withStore(_ body: (Store) throws -> Void) throws {
        let scratch = try ScratchDirectory()
        let store = try Store(at: "\(scratch.path)/\(Store.fileName)")
        try body(store)
        try store.close()
    }

    private func code(_ body: () throws -> Void) -> StoreError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    @Test func `a pair is kept as it is, and there after the store was opened again`() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/s"
        let store = try Store(at: path)
        try store.keep(pair())
        try store.close()
        let again = try Store(at: path)
        #expect(try again.pairs() == [pair()])
        #expect(try again.pair(named: "shop") == pair())
        #expect(try again.pair(id) == pair())
        #expect(try again.pair(named: "x") == nil)
        try again.close()
    }

    @Test func `a pair is changed in place, and its name belongs to it alone`() throws {
        try withStore { store in
            try store.keep(pair())
            try store.keep(pair("notes"))
            #expect(try store.pairs().map(\.name) == ["notes"])
            #expect(code { try store.keep(pair("notes", id: [UInt8](16..<32))) } == .taken)
            #expect(code { try store.keep(pair("other", id: [1])) } == .taken)
            #expect(try store.remember(lastRun: "{}", of: id))
            #expect(try store.pair(id)?.lastRun == "{}")
            #expect(try !store.remember(lastRun: "{}", of: [9]))
        }
    }

    @Test func `a removed pair takes its conflicts and activity along`() throws {
        try withStore { store in
            try store.keep(pair())
            try store.setConflicts([conflict("a")], of: id, generation: 1, at: 1)
            try store.note([activity("a", 1)], of: id)
            #expect(try store.remove(pair: id))
            #expect(try !store.remove(pair: id))
            try store.keep(pair())
            #expect(try store.conflicts(of: id).isEmpty)
            #expect(try store.activity(of: id, limit: 10).isEmpty)
        }
    }

    @Test func `nothing is kept for a pair that is not there`() throws {
        try withStore { store in
            #expect(code { try store.note([activity("a", 1)], of: id) } == .taken)
        }
    }

    // MARK: Conflicts

    private func conflict(_ path: String, size: UInt64 = 1) -> Conflict {
        Conflict(
            path: RelativePath(trusted: Array(path.utf8)),
            base: nil,
            laptop: .file(ContentHasher.digest(of: [1]), size: size, executable: true),
            vm: .link(to: [0xFF]),
            reason: .bothCreated
        )
    }

    @Test func `a conflict keeps the time it was first seen until it is gone`() throws {
        try withStore { store in
            try store.keep(pair())
            let raw = Conflict(
                path: RelativePath(trusted: [0x61, 0xFF, 0x0A]),
                base: .directory,
                laptop: nil,
                vm: EntryState(kind: .other),
                reason: .removedAndChanged
            )
            try store.setConflicts([conflict("b"), raw], of: id, generation: 1, at: 10)
            let changed = conflict("b", size: .max)
            try store.setConflicts([changed, conflict("a")], of: id, generation: .max, at: 20)
            #expect(
                try store.conflicts(of: id) == [
                    ConflictRecord(
                        conflict: conflict("a"),
                        number: 3,
                        firstSeen: 20,
                        generation: .max
                    ),
                    ConflictRecord(
                        conflict: changed,
                        number: 2,
                        firstSeen: 10,
                        generation: .max
                    ),
                ]
            )
            try store.setConflicts([raw], of: id, generation: 3, at: 30)
            #expect(
                try store.conflicts(of: id)
                    == [ConflictRecord(conflict: raw, number: 4, firstSeen: 30, generation: 3)]
            )
        }
    }

    @Test func `numbers begin at 1 again only when no conflict is open`() throws {
        try withStore { store in
            try store.keep(pair())
            func numbers(_ paths: [String]) throws -> [Int] {
                try store.setConflicts(paths.map { conflict($0) }, of: id, generation: 1, at: 1)
                return try store.conflicts(of: id).map(\.number)
            }
            #expect(try numbers(["a", "b", "c"]) == [1, 2, 3])
            #expect(try numbers(["b", "c", "d"]) == [2, 3, 4])
            #expect(try numbers(["b"]) == [2])
            #expect(try numbers([]) == [])
            #expect(try numbers(["z"]) == [1])
        }
    }

    @Test func `what was shown of a conflict is kept while the conflict changes`() throws {
        try withStore { store in
            try store.keep(pair())
            let first = conflict("a")
            try store.setConflicts([first], of: id, generation: 1, at: 1)
            #expect(try store.conflicts(of: id).first?.shown == nil)
            #expect(try store.conflicts(of: id).first?.isAsShown == false)
            try store.noteShown([first, conflict("gone")], of: id)
            #expect(try store.conflicts(of: id).first?.isAsShown == true)
            try store.setConflicts([conflict("a", size: 9)], of: id, generation: 2, at: 2)
            let record = try #require(try store.conflicts(of: id).first)
            #expect(record.shown == .init(laptop: first.laptop, vm: first.vm))
            #expect(!record.isAsShown)
        }
    }

    @Test func `the vm's time is kept while its value stays, and no longer`() throws {
        try withStore { store in
            try store.keep(pair())
            let first = conflict("a")
            var other = first
            other.laptop = .directory
            var changed = first
            changed.vm = .directory
            func time(_ found: FoundConflict) throws -> Int64? {
                try store.setConflicts([found], of: id, generation: 1, at: 1)
                return try store.conflicts(of: id).first?.vmModified
            }
            #expect(try time(FoundConflict(first, vmModified: 7)) == 7)
            #expect(try time(FoundConflict(first)) == 7)
            #expect(try time(FoundConflict(other)) == 7)
            #expect(try time(FoundConflict(changed)) == nil)
            #expect(try time(FoundConflict(first)) == nil)
        }
    }

    @Test func `what is wanted of a pair is there after the store was opened again`() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/s"
        let store = try Store(at: path)
        try store.keep(pair())
        try store.want(WantedRecord(pair: id, isUp: true, isPaused: true))
        try store.want(WantedRecord(pair: id, isUp: true))
        #expect(code { try store.want(WantedRecord(pair: [9], isUp: true)) } == .taken)
        try store.close()
        let again = try Store(at: path)
        #expect(try again.wanted() == [WantedRecord(pair: id, isUp: true, isPaused: false)])
        #expect(try again.remove(pair: id))
        #expect(try again.wanted().isEmpty)
        try again.close()
    }

    @Test func `a store of the version before gets numbers for its conflicts`() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/s"
        let queue = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(queue, upTo: "3 activity")
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO pair VALUES (?, 'shop', x'2f', 'vm', NULL, 'exec', '/', 'push', 1,
                        '', NULL);
                    """,
                arguments: [Data(id)]
            )
            for name in ["b", "a"] {
                try database.execute(
                    sql: """
                        INSERT INTO conflict VALUES (?, ?, 'both-created', NULL, NULL, NULL, 5, 6)
                        """,
                    arguments: [Data(id), Data(name.utf8)]
                )
            }
        }
        try queue.close()
        let store = try Store(at: path)
        let records = try store.conflicts(of: id)
        #expect(records.map(\.number) == [1, 2])
        #expect(records.map(\.firstSeen) == [5, 5])
        #expect(records.allSatisfy { $0.shown == nil })
        try store.close()
    }

    // MARK: Activity

    private func activity(_ path: String, _ time: Int64) -> ActivityRecord {
        ActivityRecord(
            time: time,
            path: RelativePath(trusted: Array(path.utf8)),
            action: .sent,
            reason: "edited",
            generation: 7
        )
    }

    @Test func `activity of a directory is that of all below it, and of nothing beside it`() throws
    {
        try withStore { store in
            try store.keep(pair())
            let paths = ["src", "src/a", "src/b/c", "src-old", "src0", "other"]
            try store.note(paths.map { activity($0, 1) }, of: id)
            let found = try store.activity(
                of: id,
                at: RelativePath(trusted: Array("src".utf8)),
                limit: 10
            )
            #expect(found.map(\.path.description) == ["src/b/c", "src/a", "src"])
            #expect(try store.activity(of: id, actions: [.received], limit: 10).isEmpty)
            #expect(try store.activity(of: id, actions: [.received, .sent], limit: 10).count == 6)
        }
    }

    @Test func `activity comes newest first, by path and since a time`() throws {
        try withStore { store in
            try store.keep(pair())
            let all = [activity("a", 5), activity("b", 6), activity("a", 4)]
            try store.note(all, of: id)
            #expect(try store.activity(of: id, limit: 10) == all.reversed())
            #expect(try store.activity(of: id, limit: 1) == [all[2]])
            let place = RelativePath(trusted: Array("a".utf8))
            #expect(try store.activity(of: id, at: place, limit: 10) == [all[2], all[0]])
            #expect(try store.activity(of: id, at: place, since: 5, limit: 10) == [all[0]])
        }
    }

    @Test func `only the newest activity is kept, for each pair by itself`() throws {
        try withStore { store in
            let other = [UInt8](16..<32)
            try store.keep(pair())
            try store.keep(pair("other", id: other))
            try store.note([activity("o", 0)], of: other, keeping: 3)
            for time in 1...5 { try store.note([activity("x", Int64(time))], of: id, keeping: 3) }
            #expect(try store.activity(of: id, limit: 10).map(\.time) == [5, 4, 3])
            try store.note((6...20).map { activity("x", $0) }, of: id, keeping: 3)
            #expect(try store.activity(of: id, limit: 10).map(\.time) == [20, 19, 18])
            #expect(try store.activity(of: other, limit: 10).count == 1)
        }
    }

    // MARK: The file

    @Test(arguments: ["1 pairs", "2 conflicts", "3 activity"])
    func `a store of every earlier schema is brought up to date with its content`(
        step: String
    ) throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/s"
        let old = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(old, upTo: step)
        try old.write { database in
            try database.execute(
                sql: """
                    INSERT INTO pair VALUES (?, 'shop', x'2F61FF', 'vm', NULL, 'exec', '/app',
                        'two-way', 5, '', NULL)
                    """,
                arguments: [Data(id)]
            )
        }
        try old.close()
        let store = try Store(at: path)
        #expect(try store.pair(id)?.laptopRoot == [0x2F, 0x61, 0xFF])
        try store.setConflicts([conflict("a")], of: id, generation: 1, at: 1)
        try store.note([activity("a", 1)], of: id)
        #expect(try store.conflicts(of: id).count == 1)
        #expect(
            try store.pool.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal"
        )
        try store.close()
    }

    @Test func `a store of a newer Tandem is refused and left alone`() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/s"
        let store = try Store(at: path)
        try store.pool.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 future')")
        }
        try store.close()
        #expect(code { _ = try Store(at: path) } == .newer)
    }

    @Test func `a file that is no store is refused with what to do`() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/s"
        try Data("this is not a database, it is a letter".utf8)
            .write(to: URL(fileURLWithPath: path))
        #expect(code { _ = try Store(at: path) } == .damaged)
        #expect(code { _ = try Store(at: "\(scratch.path)/none/s") } == .notPermitted)
    }

    @Test(arguments: [
        "UPDATE conflict SET laptop = x'00'", "UPDATE conflict SET path = x'2E2E'",
        "UPDATE conflict SET reason = 'hm'", "UPDATE conflict SET vm = zeroblob(42)",
    ])
    func `a value Tandem never wrote is an error, not a crash`(sql: String) throws {
        try withStore { store in
            try store.keep(pair())
            try store.setConflicts([conflict("a")], of: id, generation: 1, at: 1)
            try store.pool.write { try $0.execute(sql: sql) }
            #expect(code { _ = try store.conflicts(of: id) } == .damaged)
        }
    }

    @Test func `two openers see each other's writes`() throws {
        let scratch = try ScratchDirectory()
        let first = try Store(at: "\(scratch.path)/s")
        let second = try Store(at: "\(scratch.path)/s")
        try first.keep(pair())
        #expect(try second.pairs().count == 1)
        try second.remove(pair: id)
        #expect(try first.pairs().isEmpty)
        try first.close()
        try second.close()
    }
}
