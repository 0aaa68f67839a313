import Dispatch
import Foundation
import TandemSSH
import TandemSystem
import TandemTestSupport
import Testing

/// Much in both directions at once, where libssh2 driven by a socket fails (TRANSPORT.md 3).
struct DuplexTests {
    private static let megabyte = 1_000_000

    @Test(.tags(.live), .timeLimit(.minutes(3)))
    func `64 MB both ways survive a tiny socket buffer and rekeys every 4 MB`() throws {
        let server = try SSHServer(["RekeyLimit 4M"])
        let connection = try server.connect { $0.tuning.sendBuffer = 8192 }
        defer { connection.close() }
        let link = try connection.openExec("exec cat")
        try exchange(64 * Self.megabyte, over: link, chunk: 300_000)
        let exchanges = server.log.components(separatedBy: "SSH2_MSG_NEWKEYS sent").count - 1
        #expect(
            exchanges >= 15,
            "sshd changed keys only \(exchanges) times: \(server.log.suffix(1500))"
        )
    }

    @Test(.tags(.live), .timeLimit(.minutes(3)), arguments: [1, 7, 37, 1000])
    func `input may arrive in any pieces`(_ size: Int) throws {
        let server = try SSHServer(["RekeyLimit 256K"])
        let connection = try server.connect { $0.tuning.receiveSize = size }
        defer { connection.close() }
        let link = try connection.openExec("exec cat")
        try exchange(size < 10 ? 300_000 : 2 * Self.megabyte, over: link, chunk: 10_000)
    }

    @Test(.tags(.live), .timeLimit(.minutes(3)))
    func `four channels of one connection do not mix`() throws {
        let server = try SSHServer(["RekeyLimit 4M"])
        let connection = try server.connect()
        defer { connection.close() }
        let echo = try EchoSocket(in: server.directory)
        let links = try [
            connection.openExec("exec cat"), connection.openStreamlocal(echo.path),
            connection.openStreamlocal(echo.path), connection.openExec("exec cat"),
        ]
        let failures = Monitor<[String]>([])
        let threads = links.map { link in
            WorkerThread.start("exchange") {
                do {
                    try exchange(4 * Self.megabyte, over: link, chunk: 50_000)
                } catch {
                    failures.change { $0.append("\(error)") }
                }
            }
        }
        for thread in threads { #expect(thread.join(until: .now() + .seconds(120))) }
        #expect(failures.look { $0 } == [])
        let error = #expect(throws: SSHError.self) { try connection.openExec("true") }
        #expect(error?.code == .tooManyChannels)
    }
}

/// Sends the pattern while it reads it back, and compares every byte.
func exchange(_ total: Int, over link: any ByteLink, chunk: Int) throws {
    let writer = WorkerThread.start("writer") {
        var sent = 0
        while sent < total {
            let count = min(chunk, total - sent)
            guard (try? link.write(Pattern.bytes(from: sent, count: count))) != nil else { return }
            sent += count
        }
    }
    var got = 0
    while got < total {
        let bytes = try link.readSome()
        guard !bytes.isEmpty else { break }
        guard bytes == Pattern.bytes(from: got, count: bytes.count) else {
            throw CommandFailure("wrong bytes after \(got)")
        }
        got += bytes.count
    }
    writer.join(until: .soon)
    if got != total { throw CommandFailure("\(got) of \(total) bytes came back") }
}
