import Dispatch
import Foundation
import Glibc
import TandemSSH
import TandemSystem
import TandemTestSupport
import Testing

/// Each way not to get through has its own code, for both kinds of transport where both meet it.
struct FailureTests {
    private static func options(_ directory: TemporaryDirectory) throws -> SSHOptions {
        var options = SSHOptions()
        options.configurationFile = try directory.write("", to: "ssh_config")
        options.tuning.connectSeconds = 2
        options.tuning.handshakeSeconds = 1
        return options
    }

    private static func subprocessCode(
        _ destination: SSHDestination,
        _ options: SSHOptions
    ) throws -> SSHError.Code? {
        let link = try SubprocessLink.start("true", on: destination, options)
        defer { link.close() }
        #expect(throws: LinkError.self) { try link.readSome() }
        return link.failure?.code
    }

    @Test(.tags(.live)) func `nobody on the port`() throws {
        let directory = try TemporaryDirectory()
        let options = try Self.options(directory)
        let destination = SSHDestination(host: "127.0.0.1", port: Int(try FreePort.any()))
        let error = #expect(throws: SSHError.self) {
            try SSHConnection.connect(to: destination, options)
        }
        #expect(error?.code == .refused)
        #expect(try Self.subprocessCode(destination, options) == .refused)
    }

    @Test(.tags(.live)) func `a name that does not exist`() throws {
        let directory = try TemporaryDirectory()
        let options = try Self.options(directory)
        let destination = SSHDestination(host: "no-such-host.invalid")
        let error = #expect(throws: SSHError.self) {
            try SSHConnection.connect(to: destination, options)
        }
        #expect(error?.code == .unknownName)
        #expect(try Self.subprocessCode(destination, options) == .unknownName)
    }

    @Test(.tags(.live)) func `a port where nobody speaks ends at the handshake's deadline`() throws
    {
        let directory = try TemporaryDirectory()
        let options = try Self.options(directory)
        let listener = try MuteListener()
        let error = #expect(throws: SSHError.self) {
            try SSHConnection.connect(
                to: SSHDestination(host: "127.0.0.1", port: listener.port),
                options
            )
        }
        #expect(error?.code == .handshakeTimedOut)
    }

    @Test(.tags(.live)) func `no ssh program`() throws {
        let directory = try TemporaryDirectory()
        var options = try Self.options(directory)
        options.program = directory.path("missing")
        let destination = SSHDestination(host: "vm")
        let error = #expect(throws: SSHError.self) {
            try SSHConnection.connect(to: destination, options)
        }
        #expect(error?.code == .configuration)
        let second = #expect(throws: SSHError.self) {
            try SubprocessLink.start("true", on: destination, options)
        }
        #expect(second?.code == .configuration)
    }

    @Test(.tags(.live)) func `forwarding that sshd refuses leaves the connection usable`() throws {
        let server = try SSHServer(["AllowStreamLocalForwarding no", "AllowTcpForwarding no"])
        let connection = try server.connect()
        defer { connection.close() }
        let path = server.directory.path("echo.sock")
        let local = #expect(throws: SSHError.self) { try connection.openStreamlocal(path) }
        #expect(local?.code == .forwardingRefused)
        #expect(local?.subject == path)
        let tcp = #expect(throws: SSHError.self) { try connection.openTCP(host: "::1", port: 1) }
        #expect(tcp?.code == .forwardingRefused)
        let result = try connection.openExec("echo in").runToEnd(until: .soon)
        #expect(result.output == Array("in\n".utf8))
    }

    @Test(.tags(.live)) func `a socket nobody listens on`() throws {
        let server = try SSHServer()
        let connection = try server.connect()
        defer { connection.close() }
        let error = #expect(throws: SSHError.self) {
            try connection.openStreamlocal(server.directory.path("missing.sock"))
        }
        #expect(error?.code == .socketMissing)
    }

    @Test(.tags(.live)) func `a dedicated key with restrict and command does only that`() throws {
        let server = try SSHServer()
        let key = server.directory.path("dedicated")
        try SSHServer.makeKey(key, type: "ed25519")
        try server.accept(publicKey: "\(key).pub", options: #"restrict,command="echo only""#)
        let echo = try EchoSocket(in: server.directory)
        let connection = try server.connect { $0.dedicatedKey = key }
        defer { connection.close() }
        for wish in ["connect", "rm -rf x", "bash -i"] {
            let result = try connection.openExec(wish).runToEnd(until: .soon)
            #expect(result.output == Array("only\n".utf8))
        }
        let local = #expect(throws: SSHError.self) { try connection.openStreamlocal(echo.path) }
        #expect(local?.code == .forwardingRefused)
        let tcp = #expect(throws: SSHError.self) {
            try connection.openTCP(host: "127.0.0.1", port: Int(server.port))
        }
        #expect(tcp?.code == .forwardingRefused)
    }
}

/// A listening TCP socket that accepts by its backlog and never says a word.
private final class MuteListener {
    let port: Int
    private let socket: OwnedDescriptor

    init() throws {
        ProcessSettings.harden()
        let number = try FreePort.any()
        port = Int(number)
        socket = OwnedDescriptor(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let raw = socket.raw
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0, listen(raw, 4) == 0 else { throw CommandFailure("cannot listen") }
    }
}
