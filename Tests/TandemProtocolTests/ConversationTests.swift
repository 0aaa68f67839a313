import TandemTree
import Testing

@testable import TandemProtocol

struct ConversationTests {
    private static let empty = Begin(
        point: Samples.next,
        changes: 0,
        contentBytes: 0,
        askFirst: false
    )
    private static let ended = Ended(generation: 8, applied: 0, root: nil)

    @Test
    func `a push goes from Hello to Bye`() throws {
        var ends = try TwoEnds()
        try ends.say(.compare)
        try ends.answer(.rootTree(RootTree(digest: .zero, entries: 0, complete: true)))
        try ends.begin([Change(path: Samples.path("a"), expected: nil, new: Samples.file(5))])
        let heard = try ends.say(.data(try Samples.pack([(0, 0, "hello")])))
        guard case .message(.data(let pack)) = heard.first else {
            Issue.record("no data in \(heard)")
            return
        }
        #expect(pack.withContent(of: pack.records[0]) { Array($0) } == Array("hello".utf8))
        try ends.say(.end(changes: 1))
        try ends.answer(.outcome([OutcomeItem(id: 0, reason: .changed, found: nil)]))
        try ends.answer(.ended(Ended(generation: 8, applied: 0, root: nil)))
        try ends.say(.commit(Samples.next))
        #expect(try ends.answer(.committed(generation: 8)) == [.message(.committed(generation: 8))])
        try ends.say(.bye)
        #expect(ends.vm.isClosed && ends.laptop.isClosed)
    }

    @Test
    func `bad input 92: before Hello nothing else is heard`() throws {
        for (name, message) in try Samples.laptop() where name != "Hello" && name != "Bye" {
            var vm = VMEnd(now: 0)
            let bytes = try message.frame()
            #expect(code { _ = try vm.receive(bytes, now: 0) } == .wrongOrder, "\(name)")
            #expect(vm.isClosed)
        }
    }

    @Test
    func `bad input 92: before Welcome the laptop says nothing more`() throws {
        for (name, message) in try Samples.laptop()
        where !["Bye", "Ping", "Pong"].contains(name) {
            var laptop = LaptopEnd(now: 0)
            _ = try laptop.encode(.hello(Samples.hello), now: 0)
            #expect(code { _ = try laptop.encode(message, now: 0) } == .wrongOrder, "\(name)")
            var vm = VMEnd(now: 0)
            _ = try vm.receive(try LaptopMessage.hello(Samples.hello).frame(), now: 0)
            let bytes = try message.frame()
            #expect(code { _ = try vm.receive(bytes, now: 0) } == .wrongOrder, "\(name)")
        }
    }

    @Test
    func `bad input 92: what belongs in a batch is refused outside of it`() throws {
        let messages: [LaptopMessage] = [
            .changes(ChangeRun(firstID: 0, changes: [])), .data(try Samples.pack([(0, 0, "x")])),
            .end(changes: 0),
        ]
        for message in messages { try expect(message, .wrongOrder, TwoEnds()) }
    }

    @Test
    func `bad input 92: a batch ends after all it announced, and once`() throws {
        var ends = try TwoEnds()
        try ends.say(
            .begin(Begin(point: Samples.next, changes: 2, contentBytes: 0, askFirst: false))
        )
        try expect(.end(changes: 2), .wrongOrder, ends)
        try expect(.begin(Self.empty), .wrongOrder, ends)
        let change = Change(path: Samples.path("a"), expected: nil, new: .directory)
        try expect(.changes(ChangeRun(firstID: 1, changes: [change])), .wrongOrder, ends)
        try ends.say(.changes(ChangeRun(firstID: 0, changes: [change])))
        let two = ["b", "c"].map { Change(path: Samples.path($0), expected: nil, new: .directory) }
        try expect(.changes(ChangeRun(firstID: 1, changes: two)), .tooMany, ends)
        try ends.say(.changes(ChangeRun(firstID: 1, changes: [two[0]])))
        try expect(.end(changes: 1), .badValue, ends)
        try ends.say(.end(changes: 2))
        try expect(.end(changes: 2), .wrongOrder, ends)
    }

    @Test
    func `a batch that asked first waits for the last Need`() throws {
        var ends = try TwoEnds()
        let change = Change(path: Samples.path("a"), expected: nil, new: Samples.file(1))
        try ends.begin([change], askFirst: true)
        try expect(.end(changes: 1), .wrongOrder, ends)
        try ends.answer(.need(Need(ranges: [], last: false)))
        try expect(.end(changes: 1), .wrongOrder, ends)
        try expect(.need(Need(ranges: [0..<2], last: true)), .outOfRange, ends)
        try ends.answer(.need(Need(ranges: [0..<1], last: true)))
        try expect(.need(Need(ranges: [], last: true)), .wrongOrder, ends)
        try ends.say(.end(changes: 1))
    }

    @Test
    func `the next batch waits for Commit`() throws {
        var ends = try TwoEnds()
        try ends.say(.begin(Self.empty))
        try expect(.commit(Samples.next), .wrongOrder, ends)
        try expect(.ended(Self.ended), .wrongOrder, ends)
        try ends.say(.end(changes: 0))
        try ends.answer(.ended(Self.ended))
        try expect(.begin(Self.empty), .wrongOrder, ends)
        try ends.say(.commit(Samples.next))
        try ends.say(.begin(Self.empty))
    }

    @Test
    func `a restore waits for no Commit`() throws {
        var ends = try TwoEnds(.restore)
        for _ in 0..<2 {
            try ends.say(.begin(Self.empty))
            try ends.say(.end(changes: 0))
            try ends.answer(.ended(Self.ended))
        }
    }

    @Test(arguments: Purpose.allCases)
    func `the purpose decides what may be changed`(_ purpose: Purpose) throws {
        let makesGenerations = [.pair, .push, .adopt, .sync].contains(purpose)
        let mayChange = makesGenerations || purpose == .restore
        var ends = try TwoEnds(purpose)
        #expect((code { try ends.say(.begin(Self.empty)) } == nil) == mayChange)
        var other = try TwoEnds(purpose)
        #expect((code { try other.say(.commit(Samples.next)) } == nil) == makesGenerations)
        var third = try TwoEnds(purpose)
        #expect(
            (code { try third.say(.shelfRestore(Samples.place)) } == nil) == (purpose == .shelf)
        )
    }

    @Test
    func `an answer that was not asked for next is refused`() throws {
        let answers: [VMMessage] = [
            .rootTree(RootTree(digest: .zero, entries: 0, complete: true)),
            .listing(Samples.listing), .applied(Applied(items: [], last: true)),
            .committed(generation: 1), .shelfItems(ShelfItems(items: [], last: true)),
            .restored(Samples.place), .welcome(Samples.welcome), .ended(Self.ended),
            .progress(Progress(stagedFiles: 0, stagedBytes: 0, applied: 0)),
        ]
        for answer in answers { try expect(answer, .wrongOrder, TwoEnds()) }
        var ends = try TwoEnds()
        try ends.say(.list([Samples.path("a"), Samples.path("src")]))
        try expect(.listing(Samples.listing), .wrongOrder, ends)
    }

    @Test
    func `a directory is listed over several frames, in order`() throws {
        var ends = try TwoEnds()
        try ends.say(.list([Samples.path("src")]))
        var first = Samples.listing
        first.end = .more
        try ends.answer(.listing(first))
        try expect(.listing(Samples.listing), .unsorted, ends)
        let rest = ListingItem(name: Array("c".utf8), state: .directory)
        try ends.answer(
            .listing(Listing(path: Samples.path("src"), end: .complete, items: [rest]))
        )
    }

    @Test
    func `a Failure answers a request, and ends a session without one`() throws {
        var ends = try TwoEnds()
        try ends.say(.compare)
        try ends.answer(.failure(Failure(.inputOutput, "scan failed")))
        #expect(!ends.vm.isClosed && !ends.laptop.isClosed)
        try ends.answer(.failure(Failure(.fenced, "a newer session took over")))
        #expect(ends.vm.isClosed && ends.laptop.isClosed)
    }

    @Test
    func `a Failure inside a batch ends the session, and late frames are not heard`() throws {
        var ends = try TwoEnds()
        try ends.say(.begin(Self.empty))
        let late = try LaptopMessage.end(changes: 0).frame()
        try ends.answer(.failure(Failure(.noSpace, "the floor of 1 GiB")))
        #expect(try ends.vm.receive(late, now: 0) == [])
        #expect(code { _ = try ends.laptop.encode(.compare, now: 0) } == .wrongOrder)
        #expect(code { _ = try ends.vm.encode(.credit(1), now: 0) } == .wrongOrder)
        #expect(throws: Never.self) { try ends.vm.encode(.bye, now: 0) }
    }

    @Test
    func `requests without an answer are bounded`() throws {
        var ends = try TwoEnds()
        for _ in 0..<Limits.openRequests { try ends.say(.compare) }
        try expect(.compare, .tooMany, ends)
        try ends.answer(.rootTree(RootTree(digest: .zero, entries: 0, complete: true)))
        try ends.say(.compare)
    }

    /// Expects the same of the end that would say it and of the one that would hear it.
    private func expect(
        _ message: LaptopMessage,
        _ expected: ProtocolError.Code,
        _ ends: TwoEnds
    ) throws {
        var ends = ends
        let bytes = try message.frame()
        #expect(code { _ = try ends.laptop.encode(message, now: 0) } == expected, "\(message.type)")
        #expect(code { _ = try ends.vm.receive(bytes, now: 0) } == expected, "\(message.type)")
    }

    private func expect(
        _ message: VMMessage,
        _ expected: ProtocolError.Code,
        _ ends: TwoEnds
    ) throws {
        var ends = ends
        let bytes = try message.frame()
        #expect(code { _ = try ends.vm.encode(message, now: 0) } == expected, "\(message.type)")
        #expect(code { _ = try ends.laptop.receive(bytes, now: 0) } == expected, "\(message.type)")
    }
}
