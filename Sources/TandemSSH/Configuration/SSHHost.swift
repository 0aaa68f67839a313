/// A host with everything ssh_config says about reaching it (`ssh -G`).
package struct SSHHost: Hashable, Sendable {
    package enum Agent: Hashable, Sendable {
        /// The socket in SSH_AUTH_SOCK.
        case environment
        case socket(String)
        case none
    }

    /// What the user wrote.
    package var alias: String
    package var hostName: String
    package var user: String
    package var port = 22
    package var identityFiles: [String] = []
    package var certificateFiles: [String] = []
    package var identitiesOnly = false
    package var userKnownHostsFiles: [String] = []
    package var globalKnownHostsFiles: [String] = []
    package var hostKeyAlias: String?
    package var hashKnownHosts = false
    /// The hosts to jump over, the first one first.
    package var jumps: [String] = []
    package var proxyCommand: String?
    package var agent = Agent.environment
    package var connectTimeout: Int?

    /// The name under which known_hosts has it.
    package var knownHostsName: String {
        hostKeyAlias ?? KnownHosts.name(of: hostName, port: port)
    }

    package var knownHostsFiles: [String] { userKnownHostsFiles + globalKnownHostsFiles }

    /// For messages.
    var subject: String {
        port == 22 ? "\(user)@\(hostName)" : "\(user)@\(hostName):\(port)"
    }
}
