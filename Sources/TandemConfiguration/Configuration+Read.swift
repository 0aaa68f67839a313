import TandemTree

extension Configuration {
    /// The name of the shared file.
    package static let fileName = "tandem.yml"
    /// The name of the file with personal values, which is never synced.
    package static let localFileName = "tandem.local.yml"

    /// Reads the shared file and, where there is one, the local file laid over it.
    ///
    /// - Parameters:
    ///   - shared: the bytes of `tandem.yml`.
    ///   - local: the bytes of `tandem.local.yml`.
    ///   - names: what the files are called in messages.
    /// - Returns: what holds, defaults filled in.
    /// - Throws: `ConfigurationError` with everything that is wrong.
    package static func read(
        _ shared: [UInt8],
        local: [UInt8]? = nil,
        names: (shared: String, local: String) = (fileName, localFileName)
    ) throws(ConfigurationError) -> Configuration {
        var reader = FileReader(file: names.shared)
        var localReader = FileReader(file: names.local)
        let base = reader.read(shared)
        let over = local.flatMap { localReader.read($0) }
        var problems = reader.problems + localReader.problems
        guard let base else { throw ConfigurationError(problems: problems) }
        let merged = over.map { base.overlaid(with: $0) } ?? base
        // What could not be read would be said to be missing as well.
        if problems.isEmpty {
            problems = missing(.section(ConfigurationKey.all), in: merged, what: nil)
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems.sorted()) }
        return try build(merged)
    }

    private static func missing(
        _ kind: ConfigurationKey.Kind,
        in value: LocatedValue,
        what: String?
    ) -> [ConfigurationError.Problem] {
        switch (kind, value.content) {
        case (.section(let keys), .section(let values)):
            keys.flatMap { key in
                if let inner = values[key.name] {
                    return missing(key.kind, in: inner, what: key.name)
                }
                guard key.isRequired else { return [] }
                let place = what.map { " in an element of \($0)" } ?? ""
                return [problem(value.position, "\"\(key.name)\" is missing\(place)")]
            }
        case (.list(let element), .list(let values)):
            values.flatMap { missing(element, in: $0, what: what) }
        default: []
        }
    }

    private static func build(
        _ root: LocatedValue
    ) throws(ConfigurationError) -> Configuration {
        var problems: [ConfigurationError.Problem] = []
        let sync = rules(root["sync"], &problems)
        let name = root["name"]?.text
        if let name, !isName(name.value) {
            let message =
                "name must be of letters, digits, - _ and ., 64 at most, and begin with "
                + "a letter or digit"
            problems.append(problem(name.position, message))
        }
        guard problems.isEmpty, let vm = root["vm"]?.text else {
            throw ConfigurationError(problems: problems.sorted())
        }
        let ignore = root["ignore"]
        return Configuration(
            name: name,
            vm: vm,
            container: root["container"]?.text,
            transport: root["transport"]?.choice() ?? Placed(.streamlocal),
            identity: root["identity"]?.text,
            sync: sync,
            usesGitignore: ignore?["gitignore"]?.flag ?? Placed(true),
            git: ignore?["git"]?.choice() ?? Placed(.skip),
            leavesGarbage: ignore?["garbage"]?.flag ?? Placed(true),
            patterns: ignore?["patterns"]?.elements.compactMap(\.text) ?? [],
            shelf: root["safety"]?["shelf"]?.text ?? Placed("default"),
            bandwidth: root["limits"]?["bandwidth"]?.size,
            maximumFile: root["limits"]?["max-file"]?.size
        )
    }

    // MARK: Rules

    private static func rules(
        _ list: LocatedValue?,
        _ problems: inout [ConfigurationError.Problem]
    ) -> [Rule] {
        var rules: [Rule] = []
        for element in list?.elements ?? [] {
            guard let from = element["from"]?.text, let to = element["to"]?.text else { continue }
            guard let path = relativePath(from.value) else {
                let message = "from must be a path below this directory, without .. and //"
                problems.append(problem(from.position, message))
                continue
            }
            if !isAbsolute(to.value) {
                let message = "to must be an absolute path on the vm, without .. and //"
                problems.append(problem(to.position, message))
            }
            if let first = rules.first(where: { $0.from.value == path }),
                let place = first.from.position
            {
                problems.append(problem(from.position, "from stands at \(place) already"))
            }
            let mode: Placed<SyncMode> = element["mode"]?.choice() ?? Placed(.twoWay)
            rules.append(Rule(from: Placed(path, at: from.position), to: to, mode: mode))
        }
        if let list, list.elements.isEmpty {
            problems.append(problem(list.position, "sync needs at least one element"))
        }
        return rules
    }

    private static func relativePath(_ text: String) -> RelativePath? {
        if text == "." { return .root }
        let bare = text.hasPrefix("./") ? text.dropFirst(2) : text[...]
        let trimmed = bare.hasSuffix("/") ? bare.dropLast() : bare
        return try? RelativePath(validating: Array(trimmed.utf8))
    }

    private static func isAbsolute(_ text: String) -> Bool {
        guard text.hasPrefix("/") else { return false }
        return text == "/" || relativePath(String(text.dropFirst())) != nil
    }

    private static func isName(_ text: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte)
        }
        guard let first = text.utf8.first, isWord(first), text.utf8.count <= 64 else {
            return false
        }
        return text.utf8.allSatisfy { isWord($0) || "-_.".utf8.contains($0) }
    }

    private static func problem(
        _ position: Position?,
        _ message: String
    ) -> ConfigurationError.Problem {
        let nowhere = Position(file: fileName, line: 1, column: 1)
        return ConfigurationError.Problem(position: position ?? nowhere, message: message)
    }
}

extension [ConfigurationError.Problem] {
    fileprivate func sorted() -> Self { sorted { $0.position < $1.position } }
}
