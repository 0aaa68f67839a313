import Glibc

/// What the caller decides about a connection, beside what ssh_config says.
package struct SSHOptions: Sendable {
    /// Asks for a key file's passphrase; nil when there is nobody to ask.
    package typealias PassphraseSource = @Sendable (_ keyFile: String) -> [UInt8]?

    /// The ssh program: for reading ssh_config, and for the subprocess transport.
    package var program: String
    /// A file in place of the user's and the system's ssh_config (`ssh -F`).
    package var configurationFile: String?
    /// The one key to offer, made for Tandem; nil offers what ssh_config names.
    package var dedicatedKey: String?
    /// Files in place of those that ssh_config names.
    package var knownHostsFiles: [String]?
    package var passphrase: PassphraseSource?
    package var tuning = SSHTuning()

    package init() {
        program = getenv("TANDEM_SSH").map { String(cString: $0) } ?? "ssh"
    }

    /// Arguments for the ssh program that come before all others.
    var leadingArguments: [String] { configurationFile.map { ["-F", $0] } ?? [] }
}
