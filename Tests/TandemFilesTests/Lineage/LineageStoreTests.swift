import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

struct LineageStoreTests {
    private static let token = [UInt8](repeating: 7, count: 16)
    private static let next = [UInt8](repeating: 9, count: 16)
    private static let point = StoredLineage.Point(generation: 3, token: token)
    private static let states: [StoredLineage] = [
        .settled(point), .begun(point, next: next), .ended(point, next: next),
    ]
    private static let applied = [
        Difference(path: "a", old: nil, new: .content("x")),
        Difference(path: "d/b", old: .content("y"), new: nil),
    ]

    private func store(_ fixture: ApplyFixture) throws -> LineageStore {
        try #require(
            try LineageStore(
                fileSystem: fixture.faulty,
                root: fixture.root,
                pair: ApplyFixture.pair
            )
        )
    }

    private func recordPath(_ fixture: ApplyFixture) -> String {
        let hex = String(decoding: hexadecimal(ApplyFixture.pair), as: UTF8.self)
        return fixture.path(".tandem/lineage/" + hex)
    }

    @Test(arguments: states)
    func `a state is read back by whoever opens the store next`(state: StoredLineage) throws {
        let fixture = try ApplyFixture()
        #expect(try store(fixture).load() == .none)
        try store(fixture).save(state, applied: Self.applied)
        #expect(try store(fixture).load() == state)
        try store(fixture).save(.none)
        #expect(try store(fixture).load() == .none)
    }

    @Test func `the applied list lives exactly as long as its ended state`() throws {
        let fixture = try ApplyFixture()
        let store = try store(fixture)
        try store.save(.ended(Self.point, next: Self.next), applied: Self.applied)
        #expect(try store.appliedList() == Self.applied)
        try store.save(.settled(.init(generation: 4, token: Self.next)))
        #expect(throws: ApplyError.self) { try store.appliedList() }
        #expect(FileManager.default.fileExists(atPath: recordPath(fixture) + "-applied") == false)
    }

    @Test func `the list of a begun batch becomes that of the ended one, and no other batch's`()
        throws
    {
        let fixture = try ApplyFixture()
        let store = try store(fixture)
        try store.save(.begun(Self.point, next: Self.next))
        #expect(store.plannedList() == nil)
        try store.plan(Self.applied, next: Self.next)
        #expect(store.plannedList() == Self.applied)
        try store.save(.ended(Self.point, next: Self.next))
        #expect(store.plannedList() == nil)
        #expect(try store.appliedList() == Self.applied)
        try store.plan(Self.applied, next: Self.next)
        try store.save(.begun(Self.point, next: Self.token))
        #expect(store.plannedList() == nil)
    }

    @Test func `a record with any bit flipped or cut short is unreadable and no other state`()
        throws
    {
        let bytes = try #require(LineageStore.encode(.ended(Self.point, next: Self.next)))
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(LineageStore.decode(damaged) == .unreadable)
            #expect(LineageStore.decode(Array(bytes[..<index])) == .unreadable)
        }
        #expect(LineageStore.decode(bytes + [0]) == .unreadable)
    }

    @Test func `a directory in the record's place is unreadable`() throws {
        let fixture = try ApplyFixture()
        let store = try store(fixture)
        try FileManager.default.createDirectory(
            atPath: recordPath(fixture),
            withIntermediateDirectories: false
        )
        #expect(store.load() == .unreadable)
    }

    @Test(.tags(.crash)) func `whatever call a save ends at, the old or the new state is there`()
        throws
    {
        let old = StoredLineage.begun(Self.point, next: Self.next)
        let new = StoredLineage.ended(Self.point, next: Self.next)
        let fixture = try ApplyFixture(inMemory: true)
        let store = try store(fixture)
        try store.save(old)
        fixture.faulty.reset()
        try store.save(new, applied: Self.applied)
        let calls = fixture.faulty.failableCalls
        #expect(calls > 8)
        for call in 0..<calls {
            fixture.faulty.reset()
            try store.save(old)
            fixture.faulty.reset(faults: [Fault(.any, .from(call), .fail(EIO))])
            #expect(throws: ApplyError.self) { try store.save(new, applied: Self.applied) }
            fixture.faulty.reset()
            let found = store.load()
            #expect(found == old || found == new, "call \(call)")
            if found == new { #expect(try store.appliedList() == Self.applied) }
        }
    }
}
