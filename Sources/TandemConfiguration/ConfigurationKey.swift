/// One key that `tandem.yml` may hold: the parser, the schema and the help read the same table.
struct ConfigurationKey: Sendable {
    /// What may stand behind a key.
    indirect enum Kind: Sendable {
        case text
        case number(ClosedRange<Int>)
        case flag
        case choice([String])
        /// A number of bytes, such as `2GB`; with `perSecond`, `20MB/s`.
        case size(perSecond: Bool)
        /// A time span, such as `90s` or `1h30m`.
        case duration
        case list(of: Kind)
        case section([ConfigurationKey])
    }

    var name: String
    var kind: Kind
    var isRequired = false
    var summary: String

    /// The keys of the file, in the order people write them.
    static let all: [ConfigurationKey] = [
        ConfigurationKey(
            name: "version",
            kind: .number(1...1),
            isRequired: true,
            summary: "The version of this format."
        ),
        ConfigurationKey(name: "name", kind: .text, summary: "What the pair is called."),
        ConfigurationKey(
            name: "vm",
            kind: .text,
            isRequired: true,
            summary: "An alias of ~/.ssh/config, user@host, or ssh://user@host:port."
        ),
        ConfigurationKey(
            name: "container",
            kind: .text,
            summary: "The Podman container on the vm that applies changes."
        ),
        ConfigurationKey(
            name: "transport",
            kind: .choice(ConfiguredTransport.allCases.map(\.rawValue)),
            summary: "What carries the stream: sshd's socket forwarding, a command, or ssh itself."
        ),
        ConfigurationKey(
            name: "identity",
            kind: .text,
            summary: "The private key to log in with."
        ),
        ConfigurationKey(
            name: "sync",
            kind: .list(of: .section(rule)),
            isRequired: true,
            summary: "What goes where."
        ),
        ConfigurationKey(name: "ignore", kind: .section(ignore), summary: "What never travels."),
        ConfigurationKey(
            name: "workload",
            kind: .section(workload),
            summary: "Where `tandem run` and hooks on the vm run."
        ),
        ConfigurationKey(
            name: "hooks",
            kind: .list(of: .section(hook)),
            summary: "What runs after a batch; on the laptop only from tandem.local.yml."
        ),
        ConfigurationKey(name: "safety", kind: .section(safety), summary: "What is kept back."),
        ConfigurationKey(name: "limits", kind: .section(limits), summary: "What sync may use."),
        ConfigurationKey(
            name: "snapshots",
            kind: .section(snapshots),
            summary: "When the vm's tree is kept, and for how long."
        ),
        ConfigurationKey(name: "logs", kind: .section(logs), summary: "Where logs go."),
        ConfigurationKey(
            name: "verify",
            kind: .section(verify),
            summary: "What `tandem verify` expects; docs/VERIFY.md says more."
        ),
    ]
}
