/// What a channel is opened to.
enum ChannelKind: Sendable, Hashable {
    case streamlocal(path: String)
    case exec(command: String)
    case tcp(host: String, port: Int)

    /// The type by which SSH opens it.
    var name: String {
        switch self {
        case .streamlocal: "direct-streamlocal@openssh.com"
        case .exec: "session"
        case .tcp: "direct-tcpip"
        }
    }

    /// For messages.
    var subject: String {
        switch self {
        case .streamlocal(let path): path
        case .exec(let command): command
        case .tcp(let host, let port): "\(host):\(port)"
        }
    }

    /// The bytes that follow the common part of the open request; nil for a plain session.
    ///
    /// See PROTOCOL of OpenSSH, 2.4, for streamlocal, and RFC 4254 section 7.2 for tcpip.
    var openData: [UInt8]? {
        var writer = WireWriter()
        switch self {
        case .exec: return nil
        case .streamlocal(let path):
            writer.string(path)
            writer.string("")
            writer.uint32(0)
        case .tcp(let host, let port):
            writer.string(host)
            writer.uint32(UInt32(clamping: port))
            writer.string("127.0.0.1")
            writer.uint32(0)
        }
        return writer.bytes
    }
}
