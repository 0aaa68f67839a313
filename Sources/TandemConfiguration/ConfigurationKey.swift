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
        ConfigurationKey(name: "safety", kind: .section(safety), summary: "What is kept back."),
        ConfigurationKey(name: "limits", kind: .section(limits), summary: "What sync may use."),
    ]

    private static let rule = [
        ConfigurationKey(
            name: "from",
            kind: .text,
            isRequired: true,
            summary: "A path below this file's directory; . is all of it."
        ),
        ConfigurationKey(
            name: "to",
            kind: .text,
            isRequired: true,
            summary: "An absolute path on the vm."
        ),
        ConfigurationKey(
            name: "mode",
            kind: .choice(["two-way", "push", "mirror", "pull", "off"]),
            summary: "Which way changes travel; two-way unless said."
        ),
    ]

    private static let ignore = [
        ConfigurationKey(
            name: "gitignore",
            kind: .flag,
            summary: "Whether .gitignore files count; true unless said."
        ),
        ConfigurationKey(
            name: "git",
            kind: .choice(ConfiguredGit.allCases.map(\.rawValue)),
            summary: "Whether .git directories are skipped or pushed; skip unless said."
        ),
        ConfigurationKey(
            name: "garbage",
            kind: .flag,
            summary: "Whether caches and other garbage are left out; true unless said."
        ),
        ConfigurationKey(
            name: "patterns",
            kind: .list(of: .text),
            summary: "Further patterns, in the syntax of .gitignore."
        ),
    ]

    private static let safety = [
        ConfigurationKey(
            name: "shelf",
            kind: .choice(["default"]),
            summary: "How long displaced content is kept."
        )
    ]

    private static let limits = [
        ConfigurationKey(
            name: "bandwidth",
            kind: .size(perSecond: true),
            summary: "The most bytes sent in a second."
        ),
        ConfigurationKey(
            name: "max-file",
            kind: .size(perSecond: false),
            summary: "The largest file that travels."
        ),
    ]
}
