import Glibc
import Synchronization

/// Ports of the loopback interface that nothing listens on at this moment.
package enum FreePort {
    /// Below the ports that the kernel gives to connections of any process (ip_local_port_range):
    /// a service may be stopped and take its port again.
    private static let range: ClosedRange<UInt16> = 15_000...32_000
    private static let attempts = 200

    /// What this process was given: a service takes a while to listen, and another test must not
    /// be given its port meanwhile.
    private static let given = Mutex<Set<UInt16>>([])

    /// A port of the loopback interface that nothing has, and that no other test is given.
    package static func any() throws -> UInt16 {
        for _ in 0..<attempts {
            let port = UInt16.random(in: range)
            if isFree(port), given.withLock({ $0.insert(port).inserted }) { return port }
        }
        throw CommandFailure("no port is free")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
