import Dispatch
import Glibc
import TandemHTTP
import TandemSystem

/// A TCP or UNIX client that sends exactly the bytes a test says.
struct RawClient {
    private let link: DescriptorLink
    private static let patience = 20.0

    init(_ address: HTTPAddress) throws {
        switch address {
        case .unix(let path):
            let descriptor = try UnixSocket.connect(to: path)
            link = DescriptorLink(input: descriptor, output: descriptor)
        case .tcp(_, let port):
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw SystemError("socket") }
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = in_port_t(port).bigEndian
            target.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
            let status = withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard status == 0 else { throw SystemError("connect") }
            link = DescriptorLink(input: descriptor, output: descriptor)
        }
    }

    func send(_ text: String) throws { try link.write(Array(text.utf8)) }

    /// Some bytes as text; empty when the service closed the connection.
    func receive(within seconds: Double = patience) throws -> String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = try buffer.withUnsafeMutableBytes {
            try link.read(into: $0, until: .now() + seconds)
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// Everything until `text` ends what came.
    func receive(until text: String) throws -> String {
        var all = ""
        while !all.hasSuffix(text) {
            let more = try receive()
            if more.isEmpty { break }
            all += more
        }
        return all
    }

    /// Everything until the service closes the connection.
    func receiveAll() throws -> String {
        var all = ""
        while true {
            let more = try receive()
            if more.isEmpty { return all }
            all += more
        }
    }

    func close() { link.close() }
}
