import CLibSSH2

/// libssh2 as a library of this process: started once, before any thread uses it.
enum SSHLibrary {
    /// True when libssh2 could be initialised.
    static let isReady = libssh2_init(0) == 0

    /// The version in use at run time, which need not be that of the header.
    static let version = String(cString: libssh2_version(0))

    /// libssh2 1.11.0 drops its strict-kex markers when KEX preferences are set, and then fails
    /// (libssh2 issue 1326).
    static var acceptsKeyExchangePreference: Bool { version != "1.11.0" }
}
