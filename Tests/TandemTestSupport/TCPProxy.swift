import Glibc
import Synchronization
import TandemSystem

/// A port of the loopback interface that leads to another one for as long as a test lets it.
///
/// Blocked, it passes nothing on in either direction, as a network does that drops everything:
/// neither end hears of it, and what was taken goes on when the way is free again.
package final class TCPProxy: Sendable {
    /// The port to connect to.
    package let port: UInt16
    private let way: Way

    /// Listens on a free port.
    ///
    /// - Parameter target: the loopback port that connections are led to.
    /// - Throws: `CommandFailure`, `SystemError`.
    package init(to target: UInt16) throws {
        port = try FreePort.any()
        way = Way(try Self.listen(on: port), target)
        WorkerThread.start("proxy") { [way] in way.accept() }
    }

    deinit { way.end() }

    /// Passes nothing on from now.
    package func block() { way.gate.change { $0.isBlocked = true } }

    /// Passes on again, what was held first.
    package func unblock() { way.gate.change { $0.isBlocked = false } }

    private static func listen(on port: UInt16) throws -> OwnedDescriptor {
        let listener = try loopbackSocket()
        var on: CInt = 1
        setsockopt(listener.raw, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        guard withLoopback(port, { bind(listener.raw, $0, $1) }) == 0,
            Glibc.listen(listener.raw, 64) == 0
        else { throw SystemError("listen") }
        return listener
    }

    fileprivate static func loopbackSocket() throws -> OwnedDescriptor {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        return OwnedDescriptor(descriptor)
    }

    fileprivate static func withLoopback(
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// What the proxy's threads share.
private final class Way: Sendable {
    struct Gate {
        var isBlocked = false
        var isOver = false
    }

    let gate = Monitor(Gate())
    private let listener: OwnedDescriptor
    private let target: UInt16
    private let joints = Mutex<[Joint]>([])

    init(_ listener: consuming OwnedDescriptor, _ target: UInt16) {
        self.listener = listener
        self.target = target
    }

    func accept() {
        while !gate.look({ $0.isOver }) {
            let raw = Glibc.accept(listener.raw, nil, nil)
            guard raw >= 0 else { continue }
            _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
            let near = OwnedDescriptor(raw)
            guard let far = try? TCPProxy.loopbackSocket(),
                TCPProxy.withLoopback(target, { connect(far.raw, $0, $1) }) == 0
            else { continue }
            let joint = Joint(near, far)
            joints.withLock { $0.append(joint) }
            WorkerThread.start("proxy-up") { self.pass(joint, from: joint.near, to: joint.far) }
            WorkerThread.start("proxy-down") { self.pass(joint, from: joint.far, to: joint.near) }
        }
    }

    func end() {
        gate.change { $0.isOver = true }
        shutdown(listener.raw, Int32(SHUT_RDWR))
        for joint in joints.withLock({ $0 }) { joint.cut() }
    }

    /// Passes one direction on to its end, which is passed on as well.
    private func pass(_ joint: Joint, from: Int32, to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            _ = gate.wait { $0.isBlocked && !$0.isOver ? nil : true }
            guard count > 0, write(buffer[..<count], to: to) else { break }
        }
        shutdown(to, Int32(SHUT_WR))
        guard joint.endedOneDirection() else { return }
        joints.withLock { $0.removeAll { $0 === joint } }
    }

    private func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// Both sockets of one connection; closed with the last thread that uses them.
private final class Joint: Sendable {
    private let nearSocket: OwnedDescriptor
    private let farSocket: OwnedDescriptor
    private let ended = Mutex(0)

    init(_ near: consuming OwnedDescriptor, _ far: consuming OwnedDescriptor) {
        nearSocket = near
        farSocket = far
    }

    var near: Int32 { nearSocket.raw }
    var far: Int32 { farSocket.raw }

    func cut() {
        shutdown(near, Int32(SHUT_RDWR))
        shutdown(far, Int32(SHUT_RDWR))
    }

    /// True for the second of both directions.
    func endedOneDirection() -> Bool {
        ended.withLock { ended in
            ended += 1
            return ended == 2
        }
    }
}
