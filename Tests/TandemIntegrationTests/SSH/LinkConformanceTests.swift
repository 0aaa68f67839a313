import Dispatch
import TandemSSH
import TandemSystem
import TandemTestSupport
import Testing

/// What every link to the other machine does, whatever carries it.
struct LinkConformanceTests {
    enum Carrier: String, CaseIterable, Sendable {
        case memory
        case streamlocal
        case exec
        case subprocess
    }

    /// An open link to something that sends everything back, with what keeps it alive.
    private struct Echo {
        var link: any ByteLink
        var keeper: [any Sendable] = []

        func finishWriting() { (link as? any CommandLink)?.finishWriting() }
    }

    private static func open(_ carrier: Carrier) throws -> Echo {
        if carrier == .memory { return try memory() }
        let server = try SSHServer()
        let kind: SSHTransportKind
        var keeper: [any Sendable] = [server]
        switch carrier {
        case .streamlocal, .memory:
            let echo = try EchoSocket(in: server.directory)
            keeper.append(echo)
            kind = .streamlocal(path: echo.path)
        case .exec: kind = .exec(command: "exec cat")
        case .subprocess: kind = .subprocess(command: "exec cat")
        }
        let transport = try SSHTransport(kind, to: server.destination, server.options)
        keeper.append(transport)
        return Echo(link: try transport.open(), keeper: keeper)
    }

    private static func memory() throws -> Echo {
        ProcessSettings.harden()
        let (near, far) = try DescriptorLink.pair()
        WorkerThread.start("echo") {
            while let bytes = try? far.readSome(), !bytes.isEmpty { try? far.write(bytes) }
            far.close()
        }
        return Echo(link: near)
    }

    @Test(.tags(.live), arguments: Carrier.allCases)
    func `bytes come back whole and in order`(_ carrier: Carrier) throws {
        let echo = try Self.open(carrier)
        defer { echo.link.close() }
        let sizes = [1, 7, 100, 32_699, 32_700, 32_701, 65_536, 300_000, 1_000_003]
        let total = sizes.reduce(0, +)
        let link = echo.link
        let writer = WorkerThread.start("writer") {
            var offset = 0
            for size in sizes {
                try? link.write(Pattern.bytes(from: offset, count: size))
                offset += size
            }
        }
        let got = try link.readExactly(total)
        writer.join()
        #expect(got.count == total)
        #expect(got == Pattern.bytes(from: 0, count: total))
    }

    @Test(.tags(.live), arguments: Carrier.allCases)
    func `a read gives up at its deadline and can be repeated`(_ carrier: Carrier) throws {
        let echo = try Self.open(carrier)
        defer { echo.link.close() }
        var buffer = [UInt8](repeating: 0, count: 16)
        let error = #expect(throws: LinkError.self) {
            try buffer.withUnsafeMutableBytes {
                _ = try echo.link.read(into: $0, until: .now() + .milliseconds(50))
            }
        }
        #expect(error?.code == .timedOut)
        try echo.link.write(Array("late".utf8))
        #expect(try echo.link.readExactly(4) == Array("late".utf8))
    }

    @Test(.tags(.live), arguments: Carrier.allCases)
    func `close ends a read that waits on another thread`(_ carrier: Carrier) throws {
        let echo = try Self.open(carrier)
        let link = echo.link
        try link.write([1])
        #expect(try link.readExactly(1) == [1])
        let outcome = Monitor<Bool?>(nil)
        WorkerThread.start("reader") {
            let ended = (try? link.readSome()) ?? []
            outcome.change { $0 = ended.isEmpty }
        }
        link.close()
        #expect(outcome.wait(until: .soon) { $0 } == true)
        #expect(throws: LinkError.self) { try link.write([2]) }
        link.close()
    }

    @Test(.tags(.live), arguments: [Carrier.streamlocal, .exec, .subprocess])
    func `an end of writing is answered by an end of reading`(_ carrier: Carrier) throws {
        let echo = try Self.open(carrier)
        defer { echo.link.close() }
        try echo.link.write(Array("last words".utf8))
        echo.finishWriting()
        #expect(try echo.link.readExactly(1000) == Array("last words".utf8))
        #expect(try echo.link.readSome().isEmpty)
        #expect(throws: LinkError.self) { try echo.link.write([1]) }
    }

    @Test(.tags(.live), arguments: [Carrier.exec, .subprocess])
    func `a program's status and error text arrive after its output`(_ carrier: Carrier) throws {
        let server = try SSHServer()
        let command = "printf abc; printf 'no such thing' >&2; exit 3"
        let kind: SSHTransportKind =
            carrier == .exec ? .exec(command: command) : .subprocess(command: command)
        let transport = try SSHTransport(kind, to: server.destination, server.options)
        let link = try transport.open()
        #expect(try link.readExactly(100) == Array("abc".utf8))
        #expect(link.waitForExit(until: .soon) == .status(3))
        #expect(link.standardErrorText == "no such thing")
        let reason = link.reasonForEnding(command, until: .soon)
        #expect(reason?.code == .commandFailed)
        link.close()
    }

    @Test(.tags(.live), arguments: [Carrier.exec, .subprocess])
    func `a missing program is told apart`(_ carrier: Carrier) throws {
        let server = try SSHServer()
        let command = "tandem-no-such-program connect"
        let kind: SSHTransportKind =
            carrier == .exec ? .exec(command: command) : .subprocess(command: command)
        let transport = try SSHTransport(kind, to: server.destination, server.options)
        let link = try transport.open()
        #expect(try link.readExactly(1).isEmpty)
        let reason = link.reasonForEnding(command, until: .soon)
        #expect(reason?.code == .commandMissing)
        #expect(reason?.message.contains("not found") == true)
    }
}

extension ByteLink {
    /// One read of at most 64 KiB.
    func readSome(until deadline: DispatchTime = .soon) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = try bytes.withUnsafeMutableBytes { try read(into: $0, until: deadline) }
        return Array(bytes[..<count])
    }
}
