import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// A push that something cuts short while content is on its way.
@Suite(.serialized) struct CutShortTests {
    /// Enough that the vm is caught receiving it; it cannot be compressed.
    private static let size = 96 << 20

    private let live: LivePair

    init() throws {
        live = try LivePair()
        let random = try #require(FileHandle(forReadingAtPath: "/dev/urandom"))
        try live.write(try #require(try random.read(upToCount: Self.size)), to: "big")
        try live.write("content", to: "small")
    }

    /// Starts a push, and stops the vm's end of the connection once content has arrived.
    private func startAndHold() throws -> (push: RunningProgram, held: [Int32]) {
        let push = try live.start(["push"])
        try push.wait { live.stagedBytes > 1 << 20 }
        let sessions = live.server.sessionPIDs
        for pid in sessions { kill(pid, SIGSTOP) }
        return (push, sessions)
    }

    private func expectRecovery() throws {
        let end = try live.push("-v")
        #expect(end.code == 0, "\(end.said)")
        #expect(end.output.contains("of content sent"), "\(end.said)")
        #expect(try live.differences() == "")
    }

    @Test(.tags(.live, .fault), .timeLimit(.minutes(2)))
    func `a vm that falls silent is given up within 20 s, and the next push goes on`() throws {
        let (push, held) = try startAndHold()
        let clock = ContinuousClock()
        let start = clock.now
        let end = try CommandEnd(push, within: 40)
        #expect(clock.now - start < .seconds(20))
        for pid in held { kill(pid, SIGCONT) }
        #expect(end.code == 69, "\(end.said)")
        #expect(end.errors.contains("tandem: the vm does not answer: "), "\(end.said)")
        #expect(end.errors.contains("  pair laptop: \(live.destination)\n  next: "))
        #expect(live.onVM("big") == nil)
        try expectRecovery()
    }

    @Test(.tags(.live, .fault))
    func `a second push at the same time is refused, and the first goes on`() throws {
        let (push, held) = try startAndHold()
        let second = try live.push()
        for pid in held { kill(pid, SIGCONT) }
        #expect(second.code == 2, "\(second.said)")
        #expect(
            second.errors.contains(
                "tandem: process \(push.process.pid) works on the pair laptop\n"
                    + "  pair laptop: \(live.destination)\n  next: wait for it to end"
            ),
            "\(second.said)"
        )
        let first = try CommandEnd(push)
        #expect(first.code == 0, "\(first.said)")
        #expect(try live.differences() == "")
    }

    @Test(.tags(.live, .fault)) func `Ctrl-C ends it within 2 s, and says what is kept`() throws {
        let (push, held) = try startAndHold()
        let clock = ContinuousClock()
        let start = clock.now
        push.process.signal(SIGINT)
        let end = try CommandEnd(push, within: 20)
        #expect(clock.now - start < .seconds(2))
        for pid in held { kill(pid, SIGCONT) }
        #expect(end.code == 130, "\(end.said)")
        #expect(end.errors.contains("tandem: interrupted; what was sent is kept on the vm"))
        #expect(end.errors.contains("  next: push again"), "\(end.said)")
        try expectRecovery()
    }

    @Test(.tags(.live, .fault))
    func `a receiver told to stop does so within 2 s, and the push says so`() throws {
        let push = try live.start(["push"])
        try push.wait { live.stagedBytes > 1 << 20 }
        try expectStop()
        let end = try CommandEnd(push, within: 20)
        #expect(end.code == 69, "\(end.said)")
        #expect(end.errors.contains("tandem: the other side closed the link"), "\(end.said)")
        #expect(end.errors.contains("  next: "), "\(end.said)")
        try live.startReceiver()
        try expectRecovery()
    }

    @Test(.tags(.live, .fault))
    func `a receiver stopped among its swaps leaves each file old or new`() throws {
        let names = (0..<1_500).map { "many/\($0)" }
        try FileManager.default.removeItem(atPath: "\(live.laptop)/big")
        for name in names { try live.write("old", to: name) }
        #expect(try live.push().code == 0)
        for name in names { try live.write("new", to: name) }
        let push = try live.start(["push"])
        try push.wait { names.prefix(20).contains { live.onVM($0) == "new" } }
        try expectStop()
        let end = try CommandEnd(push, within: 20)
        // The swaps may have been done before the signal was seen.
        #expect(end.code == 69 || end.code == 0, "\(end.said)")
        #expect(names.allSatisfy { ["old", "new"].contains(live.onVM($0)) })
        try live.startReceiver()
        try expectRecovery()
    }

    /// Asks the receiver to stop, as a service manager does.
    private func expectStop() throws {
        let receiver = try live.receiverProcess
        let clock = ContinuousClock()
        let start = clock.now
        receiver.process.signal(SIGTERM)
        let exit = try receiver.wait(.seconds(20))
        #expect(clock.now - start < .seconds(2))
        #expect(exit == .status(0), "\(receiver.errors)")
    }
}
