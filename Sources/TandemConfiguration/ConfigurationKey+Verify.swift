import TandemTree

extension ConfigurationKey {
    /// The keys of `verify`, which are those of the JSON document in docs/VERIFY.md.
    static let verify = [
        ConfigurationKey(
            name: "containers",
            kind: .list(of: .section(verifiedContainer)),
            summary: "The containers that run, and how; Tandem's own unless said."
        ),
        ConfigurationKey(
            name: "other-containers",
            kind: .flag,
            summary: "Whether others may run beside them; true unless said."
        ),
        ConfigurationKey(
            name: "processes",
            kind: .list(of: .text),
            summary: "Names of programs that are the project's, with * and ?."
        ),
        ConfigurationKey(
            name: "allowed",
            kind: .list(of: .section(allowedProcess)),
            summary: "Programs of the project's that may run on a host."
        ),
        ConfigurationKey(
            name: "other-listeners",
            kind: .flag,
            summary: "Whether others may listen where the network reaches them; true unless said."
        ),
        ConfigurationKey(
            name: "logs",
            kind: .list(of: .section(verifiedLogs)),
            summary: "Directories of logs, and how much may lie in them."
        ),
        ConfigurationKey(
            name: "max-garbage",
            kind: .number(0...1_000_000),
            summary: "How much garbage is put up with on each side; 0 unless said."
        ),
        ConfigurationKey(
            name: "protected",
            kind: .list(of: .text),
            summary: "Patterns that git has to ignore."
        ),
        ConfigurationKey(
            name: "same-architecture",
            kind: .flag,
            summary: "Whether both machines are of one architecture; true unless said."
        ),
        ConfigurationKey(
            name: "versions",
            kind: .list(of: .section(verifiedVersion)),
            summary: "Versions that are the same on both machines."
        ),
        ConfigurationKey(
            name: "podman",
            kind: .list(of: .text),
            summary: "The words that call Podman, such as sudo, -n and podman."
        ),
    ]

    private static let side = ConfigurationKey.Kind.choice(Side.allCases.map(\.rawValue))

    private static let verifiedContainer = [
        ConfigurationKey(name: "name", kind: .text, isRequired: true, summary: "Its name."),
        ConfigurationKey(name: "on", kind: side, summary: "Which machine; vm unless said."),
        ConfigurationKey(
            name: "required",
            kind: .flag,
            summary: "Whether it has to be there; true unless said."
        ),
        ConfigurationKey(name: "image", kind: .text, summary: "Its image's name, with * and ?."),
        ConfigurationKey(name: "digest", kind: .text, summary: "Its image's digest, sha256:…."),
        ConfigurationKey(
            name: "restart",
            kind: .choice(["reboot", "always", "unless-stopped", "any"]),
            summary: "What brings it back; reboot unless said."
        ),
        ConfigurationKey(
            name: "ports",
            kind: .list(of: .text),
            summary: "What it publishes, as 127.0.0.1:8081:8080."
        ),
        ConfigurationKey(
            name: "mounts",
            kind: .list(of: .text),
            summary: "What it mounts, as SOURCE:DESTINATION:rw; * is any source."
        ),
        ConfigurationKey(
            name: "user",
            kind: .text,
            summary: "not-root, any or UID:GID; not-root unless said."
        ),
        ConfigurationKey(
            name: "capabilities",
            kind: .list(of: .text),
            summary: "What it may have of them; none unless said."
        ),
        ConfigurationKey(
            name: "read-only",
            kind: .flag,
            summary: "Whether its root file system is read-only."
        ),
        ConfigurationKey(
            name: "no-new-privileges",
            kind: .flag,
            summary: "Whether it may gain none."
        ),
    ]

    private static let allowedProcess = [
        ConfigurationKey(
            name: "name",
            kind: .text,
            isRequired: true,
            summary: "The file it runs, with * and ?."
        ),
        ConfigurationKey(
            name: "arguments",
            kind: .text,
            summary: "Its arguments, with * and ?; any if left out."
        ),
        ConfigurationKey(name: "on", kind: side, summary: "Which machine; both if left out."),
        ConfigurationKey(name: "because", kind: .text, summary: "Why, for the report."),
    ]

    private static let verifiedLogs = [
        ConfigurationKey(name: "on", kind: side, isRequired: true, summary: "Which machine."),
        ConfigurationKey(
            name: "directory",
            kind: .text,
            isRequired: true,
            summary: "Absolute, from ~/, or below the root."
        ),
        ConfigurationKey(
            name: "max-file",
            kind: .size(perSecond: false),
            summary: "The largest file; 10MB unless said."
        ),
        ConfigurationKey(
            name: "max-files",
            kind: .number(1...1000),
            summary: "The most files of one log; 6 unless said."
        ),
        ConfigurationKey(
            name: "required",
            kind: .flag,
            summary: "Whether the directory has to be there; true unless said."
        ),
    ]

    private static let verifiedVersion = [
        ConfigurationKey(name: "name", kind: .text, isRequired: true, summary: "Of what."),
        ConfigurationKey(
            name: "command",
            kind: .list(of: .text),
            isRequired: true,
            summary: "The words that print it, run on both machines."
        ),
        ConfigurationKey(name: "container", kind: .text, summary: "The container to run them in."),
    ]
}
