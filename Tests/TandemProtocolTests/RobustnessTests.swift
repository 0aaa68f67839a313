import TandemTestSupport
import TandemTree
import Testing

@testable import TandemProtocol

/// What no bytes may do: trap, or mean two things.
struct RobustnessTests {
    @Test
    func `bad input 88: a message cut anywhere is an error, and never another message`() throws {
        for (name, message) in try Samples.laptop() {
            let payload = try whole(message.frame()).payload
            for end in payload.indices {
                let cut = Frame(type: message.type, payload: Array(payload[..<end]))
                #expect(throws: ProtocolError.self, "\(name) cut at \(end)") {
                    try LaptopMessage(cut)
                }
            }
        }
        for (name, message) in try Samples.vm() {
            let payload = try whole(message.frame()).payload
            for end in payload.indices {
                let cut = Frame(type: message.type, payload: Array(payload[..<end]))
                #expect(throws: ProtocolError.self, "\(name) cut at \(end)") { try VMMessage(cut) }
            }
        }
    }

    @Test
    func `a message with a byte too many is an error`() throws {
        for (name, message) in try Samples.laptop() {
            let payload = try whole(message.frame()).payload + [0]
            #expect(throws: ProtocolError.self, "\(name)") {
                try LaptopMessage(Frame(type: message.type, payload: payload))
            }
        }
        for (name, message) in try Samples.vm() {
            let payload = try whole(message.frame()).payload + [0]
            #expect(throws: ProtocolError.self, "\(name)") {
                try VMMessage(Frame(type: message.type, payload: payload))
            }
        }
    }

    @Test(.tags(.property))
    func `every flipped bit gives an error or a message that is written back the same`() throws {
        for (_, message) in try Samples.laptop() where message.type != .data {
            try forEachFlip(of: whole(message.frame())) { frame in
                guard let read = try? LaptopMessage(frame) else { return }
                let again = try whole(read.frame())
                #expect(again == frame)
            }
        }
        for (_, message) in try Samples.vm() {
            try forEachFlip(of: whole(message.frame())) { frame in
                guard let read = try? VMMessage(frame) else { return }
                let again = try whole(read.frame())
                #expect(again == frame)
            }
        }
    }

    @Test(.tags(.property))
    func `random bytes never trap`() {
        var random = SeededGenerator(seed: 88)
        for _ in 0..<1_000 {
            let bytes = (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
            DecoderProperties.laptopToVM(bytes)
            DecoderProperties.vmToLaptop(bytes)
            DecoderProperties.dataPack(bytes)
            for type in FrameType.allCases {
                _ = try? LaptopMessage(Frame(type: type, payload: bytes))
                _ = try? VMMessage(Frame(type: type, payload: bytes))
            }
        }
    }

    @Test
    func `a stream cut at any byte gives the vm the same events`() throws {
        let stream = try Conversations.laptopStream()
        let expected = try Conversations.vmEvents([stream])
        #expect(expected.count == 9)
        for cut in 0...stream.count {
            let events = try Conversations.vmEvents([
                Array(stream[..<cut]), Array(stream[cut...]),
            ])
            #expect(events == expected, "cut at \(cut)")
        }
        #expect(try Conversations.vmEvents(stream.map { [$0] }) == expected)
    }

    @Test
    func `a stream cut at any byte gives the laptop the same events`() throws {
        let stream = try Conversations.vmStream()
        let expected = try Conversations.laptopEvents([stream])
        #expect(expected.count == 7)
        for cut in 0...stream.count {
            let events = try Conversations.laptopEvents([
                Array(stream[..<cut]), Array(stream[cut...]),
            ])
            #expect(events == expected, "cut at \(cut)")
        }
        #expect(try Conversations.laptopEvents(stream.map { [$0] }) == expected)
    }

    private func whole(_ bytes: [UInt8]) throws -> Frame {
        try #require(try frames(bytes).first)
    }

    private func forEachFlip(of frame: Frame, _ body: (Frame) throws -> Void) throws {
        for index in frame.payload.indices {
            for bit in 0..<8 {
                var flipped = frame
                flipped.payload[index] ^= UInt8(1 << bit)
                try body(flipped)
            }
        }
    }
}

/// A small session as each side hears it.
enum Conversations {
    private static let changes = [
        Change(path: Samples.path("a"), expected: nil, new: Samples.file(5)),
        Change(path: Samples.path("b"), expected: nil, new: .directory),
    ]
    private static let begin = Begin(
        point: Samples.next,
        changes: 2,
        contentBytes: 5,
        askFirst: false
    )

    private static func said() throws -> [LaptopMessage] {
        [
            .compare, .ping(9), .rules(RulesChunk(bytes: [1], last: true)), .begin(begin),
            .changes(ChangeRun(firstID: 0, changes: changes)),
            .data(try Samples.pack([(0, 0, "hello")])), .end(changes: 2), .bye,
        ]
    }

    private static let answered: [VMMessage] = [
        .rootTree(RootTree(digest: .zero, entries: 0, complete: false)), .credit(5),
        .progress(Progress(stagedFiles: 1, stagedBytes: 5, applied: 0)), .ping(3),
        .ended(Ended(generation: 8, applied: 2, root: nil)),
    ]

    static func laptopStream() throws -> [UInt8] {
        try ([.hello(Samples.hello)] + said()).flatMap { try $0.frame() }
    }

    static func vmStream() throws -> [UInt8] {
        try VMEnd(now: 0).greeting
            + ([.welcome(Samples.welcome)] + answered).flatMap { try $0.frame() }
    }

    /// What the vm's end makes of these pieces; it welcomes as soon as it heard Hello.
    static func vmEvents(_ pieces: [[UInt8]]) throws -> [VMEvent] {
        let hello = try LaptopMessage.hello(Samples.hello).frame().count
        var end = VMEnd(now: 0)
        var events: [VMEvent] = []
        var given = 0
        for piece in pieces {
            let first = piece.prefix(max(0, hello - given))
            for part in [Array(first), Array(piece.dropFirst(first.count))] {
                events += try end.receive(part, now: 0)
                given += part.count
                if given == hello && !part.isEmpty {
                    _ = try end.encode(.welcome(Samples.welcome), now: 0)
                }
            }
        }
        return events
    }

    /// What the laptop's end makes of these pieces, having said its part when Welcome came.
    static func laptopEvents(_ pieces: [[UInt8]]) throws -> [LaptopEvent] {
        var end = LaptopEnd(now: 0)
        _ = try end.encode(.hello(Samples.hello), now: 0)
        let welcomed = try VMEnd(now: 0).greeting + VMMessage.welcome(Samples.welcome).frame()
        var events: [LaptopEvent] = []
        var given = 0
        for piece in pieces {
            let first = piece.prefix(max(0, welcomed.count - given))
            for part in [Array(first), Array(piece.dropFirst(first.count))] {
                events += try end.receive(part, now: 0)
                given += part.count
                if given == welcomed.count && !part.isEmpty {
                    for message in try said().dropLast() { _ = try end.encode(message, now: 0) }
                }
            }
        }
        return events
    }
}
