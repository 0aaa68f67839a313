import TandemProtocol
import TandemSSH

/// What `tandem` says of itself.
enum TandemVersion {
    static let text = "0.1.0"
}

/// What `version --json` prints.
struct VersionDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "version"
    var version = TandemVersion.text
    var protocolVersion = Int(Limits.version)
    var libssh2 = SSHVersion.library
}
