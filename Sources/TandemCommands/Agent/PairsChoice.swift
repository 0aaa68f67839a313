package import ArgumentParser

/// The pairs that a command is about.
package struct PairsChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The pairs' names, or directories in them.",
            discussion: "May be left out in a pair's root, and where there is one pair.",
            valueName: "pair"
        )
    )
    package var pairs: [String] = []

    @Flag(help: "All pairs.")
    package var all = false

    @Option(
        name: .customShort("C"),
        help: ArgumentHelp("Work as if started in this directory.", valueName: "directory")
    )
    package var directory: String?

    package init() {}

    package mutating func validate() throws {
        if all && !pairs.isEmpty { throw ValidationError("--all and names exclude each other") }
    }
}

extension CommandContext {
    /// Finds the pairs that a command is about, and where they are remembered.
    func find(_ choice: PairsChoice) throws -> ([PairEntry], any PairCatalogue) {
        let catalogue = try openCatalogue()
        let pairs = try catalogue.pairs()
        if choice.all && !pairs.isEmpty { return (pairs, catalogue) }
        let lookup = PairLookup(
            pairs: pairs,
            currentDirectory: try directory(choice.directory, forPair: choice.pairs.first),
            home: home
        )
        guard !choice.pairs.isEmpty else { return ([try lookup.choose(nil)], catalogue) }
        var chosen: [PairEntry] = []
        for word in choice.pairs {
            let entry = try lookup.choose(word)
            if !chosen.contains(where: { $0.id == entry.id }) { chosen.append(entry) }
        }
        return (chosen, catalogue)
    }
}
