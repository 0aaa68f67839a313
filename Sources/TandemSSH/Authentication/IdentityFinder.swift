import Glibc

/// Finds the keys to offer: those that the configuration names, in its order, and no others.
///
/// Keys that only the agent holds are not offered, so that a server never learns of keys that are
/// not meant for it; they are counted for the message.
struct IdentityFinder {
    private let host: SSHHost
    private let options: SSHOptions
    private let agent: AgentClient?
    private let agentKeys: [PublicKeyBlob]
    /// What was found and cannot be used, each with its reason.
    private(set) var problems: [SSHError] = []
    private var usedAgentKeys = 0

    init(_ host: SSHHost, _ options: SSHOptions) {
        self.host = host
        self.options = options
        agent = options.dedicatedKey == nil ? Self.agent(of: host) : nil
        agentKeys = agent?.keys() ?? []
    }

    /// Keys of the agent that no file names.
    var unnamedAgentKeys: Int { agentKeys.count - usedAgentKeys }

    /// The files to try, in order.
    var files: [String] {
        if let file = options.dedicatedKey { return [file] }
        var seen: Set<String> = []
        return host.identityFiles.filter { seen.insert($0).inserted }
    }

    /// The identity in a file; nil when there is none, or none that can be used.
    ///
    /// - Throws: `SSHError.unsafeKeyFile` for a dedicated key; others become problems.
    mutating func identity(in file: String) throws(SSHError) -> Identity? {
        do throws(SSHError) {
            return try find(file)
        } catch {
            if options.dedicatedKey != nil { throw error }
            problems.append(error)
            return nil
        }
    }

    private mutating func find(_ file: String) throws(SSHError) -> Identity? {
        let named = publicFile(file)
        if let identity = try fromAgent(named, file) { return identity }
        let dedicated = options.dedicatedKey != nil
        // `IdentityFile key.pub` means the agent's key, which was looked for above.
        if !dedicated, Self.publicKey(at: file) != nil { throw Self.notInAgent(file) }
        guard let bytes = try KeyFile.privateKey(at: file, dedicated: dedicated) else {
            if dedicated { throw missing(file) }
            return nil
        }
        do {
            let key = try PrivateKeyFile(bytes)
            if let identity = try fromAgent(key.publicKey, file) { return identity }
            let passphrase = key.isEncrypted ? options.passphrase?(file) : nil
            let signing = try key.open(passphrase: passphrase)
            return Identity(name: file, publicKey: signing.publicKey, signer: .key(signing))
        } catch let failure as PrivateKeyFile.Failure {
            throw Self.error(failure, file)
        } catch {
            throw error as? SSHError ?? Self.error(.malformed, file)
        }
    }

    /// The key in `FILE.pub`, or in the file itself where that is a public one.
    private func publicFile(_ file: String) -> PublicKeyBlob? {
        Self.publicKey(at: file + ".pub") ?? Self.publicKey(at: file)
    }

    private static func publicKey(at path: String) -> PublicKeyBlob? {
        guard let bytes = try? KeyFile.contents(of: path) else { return nil }
        return PublicKeyBlob(line: String(decoding: bytes, as: UTF8.self))
    }

    private mutating func fromAgent(
        _ key: PublicKeyBlob?,
        _ file: String
    ) throws(SSHError) -> Identity? {
        guard let agent, let key, agentKeys.contains(key) else { return nil }
        usedAgentKeys += 1
        guard key.family != .unsupported else { throw Self.error(.unsupported(key.type), file) }
        return Identity(name: file, publicKey: key, signer: .agent(agent))
    }

    private static func agent(of host: SSHHost) -> AgentClient? {
        switch host.agent {
        case .none: nil
        case .socket(let path): AgentClient(path: path)
        case .environment:
            getenv("SSH_AUTH_SOCK").map { AgentClient(path: String(cString: $0)) }
        }
    }

    private static func notInAgent(_ file: String) -> SSHError {
        SSHError(
            .noKey,
            "this is a public key, and no agent holds its private one",
            subject: file,
            hint: "Run: ssh-add '\(file.hasSuffix(".pub") ? String(file.dropLast(4)) : file)'"
        )
    }

    private func missing(_ file: String) -> SSHError {
        SSHError(.noKey, "the key file does not exist", subject: file, hint: "Run: make keys")
    }

    private static func error(_ failure: PrivateKeyFile.Failure, _ file: String) -> SSHError {
        switch failure {
        case .passphraseNeeded:
            SSHError(
                .passphraseNeeded,
                "the key has a passphrase and there is nobody to ask",
                subject: file,
                hint: "Run: ssh-add '\(file)'"
            )
        case .wrongPassphrase:
            SSHError(
                .wrongPassphrase,
                "the passphrase does not open this key",
                subject: file,
                hint: "Try: ssh-keygen -y -f '\(file)'"
            )
        case .unsupported(let what):
            SSHError(
                .unsupportedKey,
                "\(what) cannot be used with libssh2",
                subject: file,
                hint: "Use an Ed25519 key, or \(SSHError.useOpenSSH)"
            )
        case .malformed:
            SSHError(
                .unsupportedKey,
                "this is not a private key that can be read",
                subject: file,
                hint: "Try: ssh-keygen -y -f '\(file)'"
            )
        }
    }
}
