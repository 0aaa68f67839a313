/// Decides whether a new pair may be made, and what it is called.
package struct PairAdmission: Sendable {
    /// What is to be done.
    package enum Decision: Hashable, Sendable {
        /// The same root and destination are paired already, and reached in the same way.
        case known(PairEntry)
        /// They are paired, but are now to be reached in another way.
        case reconnect(PairEntry)
        /// It is a new pair, with this name.
        case new(name: String)
    }

    let pairs: [PairEntry]
    /// Where the program keeps its own files; none of it may lie in a root.
    let ownDirectories: [String]

    package init(pairs: [PairEntry], ownDirectories: [String]) {
        self.pairs = pairs
        self.ownDirectories = ownDirectories
    }

    /// Decides about a pair.
    ///
    /// - Parameters:
    ///   - root: the laptop root, absolute.
    ///   - destination: the vm root.
    ///   - connection: how it is to be reached.
    ///   - name: the name the user gave.
    /// - Returns: what is to be done.
    /// - Throws: `CommandError` that says why it may not be.
    package func decide(
        root: String,
        destination: Destination,
        connection: ConnectionSettings,
        name: String?
    ) throws(CommandError) -> Decision {
        let place = LocalPath.resolved(root)
        if let same = pairs.first(where: { LocalPath.resolved($0.root) == place }) {
            guard same.destination == destination else {
                throw CommandError(
                    .configuration,
                    "\(root) is paired with \(same.destination) already, as \(same.name)",
                    next: "one root has one vm; pair another directory"
                )
            }
            if let name, name != same.name {
                throw CommandError(.configuration, "this pair is called \(same.name) already")
            }
            guard same.connection != connection else { return .known(same) }
            var changed = same
            changed.connection = connection
            return .reconnect(changed)
        }
        try refuseNesting(place, root)
        try refuseOwnDirectories(in: place, root)
        return .new(name: try chosenName(name, for: root))
    }

    private func refuseNesting(_ place: String, _ root: String) throws(CommandError) {
        for pair in pairs {
            let other = LocalPath.resolved(pair.root)
            guard LocalPath.isInside(place, other) || LocalPath.isInside(other, place) else {
                continue
            }
            let inner = LocalPath.isInside(place, other)
            throw CommandError(
                .configuration,
                "\(root) \(inner ? "lies inside" : "holds") the root of the pair \(pair.name)",
                at: pair.root,
                next: "roots do not overlap; pair a directory beside it"
            )
        }
    }

    /// A state directory that is synced would change with every sync, for ever.
    private func refuseOwnDirectories(in place: String, _ root: String) throws(CommandError) {
        for directory in ownDirectories
        where LocalPath.isInside(LocalPath.resolved(directory), place) {
            throw CommandError(
                .configuration,
                "\(root) holds tandem's own files",
                at: directory,
                next: "pair a directory below it, or set TANDEM_HOME to a place outside"
            )
        }
    }

    // MARK: - Names

    /// Long enough for any project, short enough for a line of status.
    static let longestName = 64

    private func chosenName(_ name: String?, for root: String) throws(CommandError) -> String {
        if let name {
            guard Self.isName(name) else {
                throw CommandError(
                    .usage,
                    "\(name) is not a name for a pair",
                    next: "use letters, digits, dots, dashes and underscores"
                )
            }
            guard !pairs.contains(where: { $0.name == name }) else {
                throw CommandError(.configuration, "another pair is called \(name)")
            }
            return name
        }
        let base = Self.name(from: root)
        var candidate = base
        var number = 2
        while pairs.contains(where: { $0.name == candidate }) {
            candidate = "\(base)-\(number)"
            number += 1
        }
        return candidate
    }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.count <= longestName && text.first != "-" && text.first != "."
            && text.allSatisfy(isNameCharacter)
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
    }

    /// The root's last name, with a dash for what a name does not hold.
    static func name(from root: String) -> String {
        let last = root.split(separator: "/").last ?? "root"
        let mapped = last.map { isNameCharacter($0) ? $0 : "-" }.prefix(longestName - 4)
        let trimmed = String(mapped).drop { $0 == "-" || $0 == "." }
        return trimmed.isEmpty ? "pair" : String(trimmed)
    }
}
