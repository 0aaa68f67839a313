package import ArgumentParser
import TandemDaemon

/// The pair a command is about.
package struct PairChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The pair's name, or a directory in it.",
            discussion: "May be left out in a pair's root, and where there is one pair."
        )
    )
    package var pair: String?

    @Option(
        name: .customShort("C"),
        help: ArgumentHelp("Work as if started in this directory.", valueName: "directory")
    )
    package var directory: String?

    package init() {}
}

/// How a command shows its result.
package struct OutputChoice: ParsableArguments {
    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    @Flag(help: "List everything instead of the first 20.")
    package var all = false

    package init() {}
}

/// How long a list a command prints.
package struct ListingChoice: ParsableArguments {
    @Flag(help: "List everything instead of the first 20.")
    package var all = false

    package init() {}
}

extension Duration {
    /// Reads what `--wait` takes.
    @Sendable
    static func argument(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text) else {
            throw ValidationError("write a duration such as 10s, 5m or 1h30m")
        }
        return duration
    }
}
