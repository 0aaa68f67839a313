package import TandemSystem

/// What makes the links to receivers.
package protocol Dialer: Sendable {
    /// Prepares the way to a receiver; nothing is connected before the result is called.
    ///
    /// - Parameters:
    ///   - destination: the vm.
    ///   - settings: how its receiver is reached.
    ///   - trust: what becomes of a host whose key is not known.
    /// - Returns: a function that makes a fresh link each time it is called.
    /// - Throws: `CommandError` or an error of the transport.
    func connector(
        to destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> @Sendable () throws -> any ByteLink

    /// Logs in to run scripts as the account on the vm.
    ///
    /// - Throws: `CommandError` or an error of the transport.
    func shell(
        on destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> any RemoteShell

    /// Checks what a connection needs on the laptop's side, without making one.
    func checks(of destination: Destination, _ settings: ConnectionSettings) -> [DoctorCheck]
}

/// What becomes of a host whose key is not known yet.
package enum HostTrust: Sendable {
    /// It is refused.
    case knownHosts
    /// It is accepted, and remembered, if its key has this fingerprint.
    case fingerprint(String)
    /// A person decides.
    case ask(@Sendable (HostQuestion) -> Bool)
}

/// What a person is shown about an unknown host.
package struct HostQuestion: Sendable, Hashable {
    package var host: String
    package var keyType: String
    package var fingerprint: String

    package init(host: String, keyType: String, fingerprint: String) {
        self.host = host
        self.keyType = keyType
        self.fingerprint = fingerprint
    }
}
