import Dispatch
import Glibc
import TandemSystem

/// Connects a TCP socket to a host name, one address after the other.
enum TCPDialer {
    /// What one address may take while others are left to try.
    private static let secondsForOneOfSeveral = 5

    /// Connects; the socket is non-blocking and closed on exec.
    ///
    /// - Throws: `SSHError`, the first address's where all fail.
    static func connect(
        to host: String,
        port: Int,
        until deadline: DispatchTime
    ) throws(SSHError) -> OwnedDescriptor {
        let subject = port == 22 ? host : "\(host):\(port)"
        let addresses = try resolve(host, port, subject)
        var first: SSHError?
        for (index, address) in addresses.enumerated() {
            let isLast = index == addresses.count - 1
            let own = DispatchTime.now() + .seconds(secondsForOneOfSeveral)
            do throws(SSHError) {
                return try connect(address, until: isLast ? deadline : min(own, deadline), subject)
            } catch {
                first = first ?? error
            }
        }
        throw first ?? SSHError(.unknownName, "the name has no address", subject: subject)
    }

    /// A socket address of either family.
    private struct Address {
        var family: Int32
        var bytes: [UInt8]
    }

    private static func resolve(
        _ host: String,
        _ port: Int,
        _ subject: String
    ) throws(SSHError) -> [Address] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        var code = getaddrinfo(host, String(port), &hints, &list)
        if code == EAI_NONAME || code == EAI_FAMILY {
            // AI_ADDRCONFIG hides loopback addresses on a machine without a network.
            hints.ai_flags = AI_NUMERICSERV
            code = getaddrinfo(host, String(port), &hints, &list)
        }
        guard code == 0 else {
            throw SSHError(
                .unknownName,
                "the name cannot be looked up: \(String(cString: gai_strerror(code)))",
                subject: subject,
                hint: "Check the spelling, the network, and HostName in ssh_config"
            )
        }
        defer { freeaddrinfo(list) }
        var addresses: [Address] = []
        var next = list
        while let info = next?.pointee {
            if let address = info.ai_addr {
                let bytes = UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
                addresses.append(Address(family: info.ai_family, bytes: Array(bytes)))
            }
            next = info.ai_next
        }
        return addresses
    }

    private static func connect(
        _ address: Address,
        until deadline: DispatchTime,
        _ subject: String
    ) throws(SSHError) -> OwnedDescriptor {
        let kind =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        let raw = socket(address.family, kind, 0)
        guard raw >= 0 else { throw failure(errno, subject) }
        let socket = OwnedDescriptor(raw)
        let status = address.bytes.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                Glibc.connect(socket.raw, $0.baseAddress, socklen_t(bytes.count))
            }
        }
        if status == 0 { return socket }
        guard errno == EINPROGRESS else { throw failure(errno, subject) }
        try wait(socket.raw, until: deadline, subject)
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket.raw, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { throw failure(code, subject) }
        return socket
    }

    private static func wait(
        _ descriptor: Int32,
        until deadline: DispatchTime,
        _ subject: String
    ) throws(SSHError) {
        while true {
            let now = DispatchTime.now()
            guard now < deadline else { throw failure(ETIMEDOUT, subject) }
            let left = (deadline.uptimeNanoseconds - now.uptimeNanoseconds) / 1_000_000 + 1
            var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if poll(&request, 1, Int32(clamping: left)) > 0 { return }
        }
    }

    /// See connect(2), "ERRORS".
    private static func failure(_ code: Int32, _ subject: String) -> SSHError {
        switch code {
        case ECONNREFUSED:
            SSHError(
                .refused,
                "nobody listens on this port",
                subject: subject,
                hint: "Check that the vm and its sshd run, and the port"
            )
        case ETIMEDOUT:
            SSHError(
                .connectTimedOut,
                "no answer in time",
                subject: subject,
                hint: "Check that the vm runs and no firewall is in between"
            )
        default:
            SSHError(
                .unreachable,
                String(cString: strerror(code)),
                subject: subject,
                hint: "Check the network and the address"
            )
        }
    }
}
