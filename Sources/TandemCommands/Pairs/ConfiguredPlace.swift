import TandemConfiguration

extension CommandContext {
    /// Names a `tandem.yml`, and with it the directory that commands are about.
    package static let configurationVariable = "TANDEM_CONFIG"

    /// The directory that a command is about where no pair is named: the one given, else that of the
    /// file in `TANDEM_CONFIG`, else where the user is.
    ///
    /// - Parameter given: what the user typed, as with `-C`.
    /// - Returns: an absolute path.
    /// - Throws: `CommandError` where the variable names a file of another name.
    package func directory(_ given: String?) throws(CommandError) -> String {
        if let given { return absolute(given) }
        guard let named = environment[Self.configurationVariable], !named.isEmpty else {
            return currentDirectory
        }
        let file = absolute(named)
        let suffix = "/\(Configuration.fileName)"
        guard file.hasSuffix(suffix) else {
            throw CommandError(
                .configuration,
                "\(Configuration.fileName) has this name everywhere, and "
                    + "\(Self.configurationVariable) names \(named)",
                next: "let it name a \(Configuration.fileName) in the root of a pair"
            )
        }
        let directory = String(file.dropLast(suffix.count))
        return directory.isEmpty ? "/" : directory
    }

    /// The same for finding a pair: a name or path that was typed is taken from where the user is.
    func directory(_ given: String?, forPair word: String?) throws(CommandError) -> String {
        guard given == nil, word != nil else { return try directory(given) }
        return currentDirectory
    }
}
