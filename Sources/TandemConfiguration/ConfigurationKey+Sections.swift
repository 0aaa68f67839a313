import TandemTree

extension ConfigurationKey {
    static let rule = [
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

    static let ignore = [
        ConfigurationKey(
            name: "gitignore",
            kind: .flag,
            summary: "Whether .gitignore files count; true unless said."
        ),
        ConfigurationKey(
            name: "git",
            kind: .choice(ConfiguredGit.allCases.map(\.rawValue)),
            summary: "Whether the root's .git is skipped or pushed; skip unless said."
        ),
        ConfigurationKey(
            name: "garbage",
            kind: .flag,
            summary: "Whether caches and other garbage are left out; true unless said."
        ),
        ConfigurationKey(
            name: "patterns",
            kind: .list(of: .text),
            summary: "Patterns that overrule the tree's own files, in the syntax of .gitignore."
        ),
        ConfigurationKey(
            name: "more-garbage",
            kind: .list(of: .text),
            summary: "Patterns that make further garbage, in the syntax of .gitignore."
        ),
    ]

    static let safety = [
        ConfigurationKey(
            name: "shelf",
            kind: .choice(["default"]),
            summary: "How long displaced content is kept."
        )
    ]

    static let limits = [
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

    static let workload = [
        ConfigurationKey(
            name: "container",
            kind: .text,
            isRequired: true,
            summary: "The Podman container on the vm that commands run in."
        ),
        ConfigurationKey(
            name: "directory",
            kind: .text,
            summary: "The root as that container sees it; its own working directory if left out."
        ),
    ]

    static let hook = [
        ConfigurationKey(name: "name", kind: .text, summary: "What the log calls it."),
        ConfigurationKey(
            name: "when",
            kind: .list(of: .text),
            summary: "Patterns of changed paths, in the syntax of .gitignore; all if left out."
        ),
        ConfigurationKey(
            name: "after",
            kind: .choice(["batch"]),
            summary: "After each batch that has such a path; nothing else is known."
        ),
        ConfigurationKey(
            name: "on",
            kind: .choice(Side.allCases.map(\.rawValue)),
            isRequired: true,
            summary: "On vm, in the workload container; on laptop, from tandem.local.yml only."
        ),
        ConfigurationKey(
            name: "run",
            kind: .text,
            isRequired: true,
            summary: "A command line for sh."
        ),
        ConfigurationKey(
            name: "timeout",
            kind: .duration,
            summary: "The longest it may run, such as 90s; 10m unless said."
        ),
    ]

    static let snapshots = [
        ConfigurationKey(name: "every", kind: .duration, summary: "How often, such as 1h."),
        ConfigurationKey(
            name: "keep",
            kind: .section(
                ["last", "hourly", "daily", "weekly", "monthly"].map {
                    ConfigurationKey(
                        name: $0,
                        kind: .number(0...1000),
                        summary: $0 == "last"
                            ? "How many of the newest are kept." : "How many \($0) ones are kept."
                    )
                }
            ),
            summary: "Which are kept, all words together; one that is left out counts 0."
        ),
        ConfigurationKey(
            name: "before",
            kind: .list(of: .choice(ConfiguredMoment.allCases.map(\.rawValue))),
            summary: "Before which acts one is made; before all of them unless said."
        ),
        ConfigurationKey(
            name: "before-acts",
            kind: .choice(ConfiguredInsistence.allCases.map(\.rawValue)),
            summary: "Whether such an act is done without one; wanted, with a line, unless said."
        ),
    ]

    static let logs = [
        ConfigurationKey(name: "dir", kind: .text, summary: "An absolute path on the vm."),
        ConfigurationKey(
            name: "rotate",
            kind: .section([
                ConfigurationKey(
                    name: "size",
                    kind: .size(perSecond: false),
                    summary: "The size at which a file is rotated."
                ),
                ConfigurationKey(
                    name: "files",
                    kind: .number(0...1000),
                    summary: "How many rotated files are kept."
                ),
                ConfigurationKey(
                    name: "age",
                    kind: .duration,
                    summary: "The age at which a file goes, such as 14d."
                ),
            ]),
            summary: "How much is kept."
        ),
    ]
}
