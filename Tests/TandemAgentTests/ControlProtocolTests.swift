import Dispatch
import TandemControl
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

struct ControlProtocolTests {
    private static let requests: [ControlRequest] = [
        .status, .up(pairs: ["a", "b"]), .down(pairs: []), .pause(pairs: ["x"]),
        .resume(pairs: ["x"]), .flush(pair: "a", milliseconds: 10),
        .push(pair: "a", milliseconds: 1, acceptedDeletions: nil),
        .push(pair: "a", milliseconds: 1, acceptedDeletions: 30), .reset(pair: "a"),
        .conflicts(pair: "a"), .lend(pair: "a"),
        .plan(pair: "a", isReset: true, milliseconds: 7),
        .contents(pair: "a", path: WirePath(bytes([0x61, 0xFF])), side: "vm", limit: 9),
        .resolve(
            pair: "a",
            settlements: [
                Settlement(
                    path: WirePath(bytes(Array("e\u{301}/\u{E9}".utf8))),
                    laptop: WireState(.file(ContentHasher.digest(of: [1]), size: .max)),
                    vm: nil,
                    keep: .both
                )
            ],
            milliseconds: 5
        ),
        .events(pairs: []), .reload, .stop,
    ]

    private static func bytes(_ bytes: [UInt8]) -> RelativePath { RelativePath(trusted: bytes) }

    @Test(arguments: requests)
    func `a request is read as it was written`(_ request: ControlRequest) throws {
        let bytes = try ControlCoding.encode(request)
        #expect(try ControlCoding.decode(ControlRequest.self, from: bytes) == request)
    }

    @Test func `frames are found wherever the stream is torn`() throws {
        let messages: [[UInt8]] = [[], [1], Array(repeating: 7, count: 300)]
        let stream = messages.flatMap { ControlFrame.bytes(of: $0) }
        for size in 1...stream.count {
            var reader = FrameReader(limit: 300)
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                reader.feed(stream[start..<min(start + size, stream.count)])
                while let message = try reader.next() { found.append(message) }
            }
            #expect(found == messages, "torn every \(size) bytes")
        }
    }

    @Test func `a message over the bound is refused by its length alone`() {
        var reader = FrameReader(limit: 300)
        reader.feed([0, 0, 1, 45])
        #expect(throws: ControlError.self) { try reader.next() }
        var other = FrameReader(limit: ControlFrame.longestRequest)
        other.feed([0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: ControlError.self) { try other.next() }
    }

    @Test(.tags(.property), arguments: [1, 2, 3])
    func `bytes of any kind decode to a value or an error`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let samples = try Self.requests.map { try ControlCoding.encode($0) }
        for round in 0..<2000 {
            var bytes = samples[generator.below(samples.count)]
            for _ in 0...generator.below(4) where !bytes.isEmpty {
                let index = generator.below(bytes.count)
                switch generator.below(3) {
                case 0: bytes[index] = UInt8(generator.below(256))
                case 1: bytes.remove(at: index)
                default: bytes.removeSubrange(index...)
                }
            }
            do {
                let request = try ControlCoding.decode(ControlRequest.self, from: bytes)
                let again = try ControlCoding.encode(request)
                let same = try ControlCoding.decode(ControlRequest.self, from: again)
                #expect(same == request, "seed \(seed), round \(round)")
            } catch {
                #expect(error.code == .garbled, "seed \(seed), round \(round)")
            }
        }
    }

    @Test(arguments: ["\"../x\"", "\"/abs\"", "\".tandem/x\"", "[47]", "[1,999]", "{}", "\"a//b\""])
    func `a path that leaves the root is no message`(_ path: String) {
        let text = #"{"contents":{"limit":1,"pair":"a","path":\#(path),"side":"vm"}}"#
        #expect(throws: ControlError.self) {
            try ControlCoding.decode(ControlRequest.self, from: Array(text.utf8))
        }
    }

    @Test func `states keep all they say, and a wrong one is nil`() {
        let states: [EntryState] = [
            .directory, .link(to: [0xFF]), .file(ContentHasher.digest(of: []), size: 0),
            .file(ContentHasher.digest(of: [3]), size: 7, executable: true),
        ]
        for state in states { #expect(WireState(state).state == state) }
        var wrong = WireState(.directory)
        wrong.digest = "zz"
        #expect(wrong.state == nil)
        wrong.digest = String(repeating: "+1", count: 32)
        #expect(wrong.state == nil)
        wrong = WireState(.directory)
        wrong.kind = 9
        #expect(wrong.state == nil)
    }

    @Test(arguments: [-1, 1])
    func `versions that are one apart are told apart, and by whom`(_ distance: Int) throws {
        let other = Greeting(
            program: "tandem-agent 9",
            process: 7,
            version: Greeting.version + distance
        )
        let error = #expect(throws: ControlError.self) { try other.checkAgent() }
        #expect(error?.code == .version)
        #expect(error?.message.contains(distance < 0 ? "older" : "newer") == true)
        #expect(error?.message.contains("process 7") == true)
        #expect(throws: ControlError.self) { try other.checkCommand() }
        try Greeting(program: "x", process: 1).checkAgent()
    }

    @Test func `another protocol's first message is no greeting`() {
        let bytes = Array(#"{"protocol":"http","version":1,"program":"x","process":1}"#.utf8)
        #expect(throws: ControlError.self) {
            try ControlCoding.decode(Greeting.self, from: bytes).checkAgent()
        }
    }

    @Test func `the worse verdict is the greater one`() {
        #expect(Verdict.allCases.sorted() == [.ok, .working, .attention, .broken])
        #expect(Verdict.allCases.map(\.exitStatus) == [0, 0, 1, 2])
    }
}
