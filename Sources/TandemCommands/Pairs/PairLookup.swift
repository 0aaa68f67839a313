/// Finds the pair that a command is about.
package struct PairLookup: Sendable {
    package let pairs: [PairEntry]
    package let currentDirectory: String
    package let home: String?

    package init(pairs: [PairEntry], currentDirectory: String, home: String?) {
        self.pairs = pairs
        self.currentDirectory = currentDirectory
        self.home = home
    }

    /// Finds the pair with a name, the one whose root holds a directory, or the only one there is.
    ///
    /// - Parameter text: what the user typed; nil when nothing was.
    /// - Returns: the pair.
    /// - Throws: `CommandError` that lists the pairs to choose from.
    package func choose(_ text: String?) throws(CommandError) -> PairEntry {
        guard !pairs.isEmpty else {
            throw CommandError(
                .configuration,
                "there is no pair yet",
                next: "make one: tandem pair DIRECTORY host:path"
            )
        }
        guard let text else { return try implied() }
        if let named = pairs.first(where: { $0.name == text }) { return named }
        if let holding = holding(LocalPath.absolute(text, from: currentDirectory, home: home)) {
            return holding
        }
        throw CommandError(
            .configuration,
            "no pair is called \(text), and no pair's root holds such a directory",
            at: names,
            next: "name one of these"
        )
    }

    /// The pair whose root holds a directory.
    package func holding(_ directory: String) -> PairEntry? {
        let place = LocalPath.resolved(directory)
        return pairs.first { LocalPath.isInside(place, LocalPath.resolved($0.root)) }
    }

    private func implied() throws(CommandError) -> PairEntry {
        if let holding = holding(currentDirectory) { return holding }
        guard pairs.count > 1 else { return pairs[0] }
        throw CommandError(
            .usage,
            "there are \(pairs.count) pairs, and this directory is in none of them",
            at: names,
            next: "name one of these"
        )
    }

    private var names: String {
        "the pairs: " + pairs.map(\.name).sorted().joined(separator: ", ")
    }
}
