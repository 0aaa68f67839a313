import TandemTree

/// Checks of what the table of keys cannot say, each problem with its place.
struct ConfigurationChecks {
    /// What the file that is never synced is called in messages.
    let localFile: String
    private(set) var problems: [ConfigurationError.Problem] = []

    init(localFile: String) { self.localFile = localFile }

    static func problem(
        _ position: Position?,
        _ message: String
    ) -> ConfigurationError.Problem {
        let nowhere = Position(file: Configuration.fileName, line: 1, column: 1)
        return ConfigurationError.Problem(position: position ?? nowhere, message: message)
    }

    mutating func note(_ position: Position?, _ message: String) {
        problems.append(Self.problem(position, message))
    }

    mutating func name(_ name: Placed<String>?) {
        guard let name, !Self.isName(name.value) else { return }
        let message =
            "name must be of letters, digits, - _ and ., 64 at most, and begin with "
            + "a letter or digit"
        note(name.position, message)
    }

    // MARK: What goes where

    mutating func rules(_ list: LocatedValue?) -> [Configuration.Rule] {
        var rules: [Configuration.Rule] = []
        for element in list?.elements ?? [] {
            guard let from = element["from"]?.text, let to = element["to"]?.text else { continue }
            guard let path = Self.relativePath(from.value) else {
                let message = "from must be a path below this directory, without .. and //"
                note(from.position, message)
                continue
            }
            if !Self.isAbsolute(to.value) {
                note(to.position, "to must be an absolute path on the vm, without .. and //")
            }
            if let first = rules.first(where: { $0.from.value == path }),
                let place = first.from.position
            {
                note(from.position, "from stands at \(place) already")
            }
            let mode: Placed<SyncMode> = element["mode"]?.choice() ?? Placed(.twoWay)
            let rule = Configuration.Rule(
                from: Placed(path, at: from.position),
                to: to,
                mode: mode
            )
            rules.append(rule)
        }
        if let list, list.elements.isEmpty {
            note(list.position, "sync needs at least one element")
        } else if let list, problems.isEmpty {
            checkPlaces(rules, list)
        }
        return rules
    }

    /// The rules of one file are one pair: a path has the same place below both roots.
    private mutating func checkPlaces(_ rules: [Configuration.Rule], _ list: LocatedValue) {
        guard let root = rules.first(where: { $0.from.value.isRoot }) else {
            let message =
                "sync needs an element with from: . (the pair's root); what shall stay where it "
                + "is gets mode: off"
            return note(list.position, message)
        }
        let top = root.to.value.drop { $0 == "/" }.isEmpty ? "" : Self.trimmed(root.to.value)
        for rule in rules where !rule.from.value.isRoot {
            let wanted = "\(top)/\(String(decoding: rule.from.value.bytes, as: UTF8.self))"
            guard Self.trimmed(rule.to.value) != wanted else { continue }
            let message =
                "to must be \(escaped(wanted.utf8)): the lines of one file are one pair, and a "
                + "path has the same place below both roots; pair another place from its own "
                + "directory"
            note(rule.to.position, message)
        }
    }

    private static func trimmed(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
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

    // MARK: What is left out

    mutating func patterns(_ list: LocatedValue?) -> [Placed<String>] {
        let patterns = list?.elements.compactMap(\.text) ?? []
        for pattern in patterns where !Self.isOneLine(pattern.value) {
            note(pattern.position, "a pattern is one line, without control characters")
        }
        return patterns
    }

    private static func isOneLine(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    // MARK: What runs

    mutating func workload(_ section: LocatedValue?) -> Configuration.Workload? {
        guard let container = section?["container"]?.text else { return nil }
        if !Self.isName(container.value) {
            note(container.position, "container must be a container's name, as `podman ps` has it")
        }
        let directory = section?["directory"]?.text
        if let directory, !Self.isAbsolute(directory.value) {
            let message = "directory must be an absolute path in the container, without .. and //"
            note(directory.position, message)
        }
        return Configuration.Workload(container: container, directory: directory)
    }

    mutating func hooks(
        _ list: LocatedValue?,
        workload: Configuration.Workload?
    ) -> [Configuration.Hook] {
        var hooks: [Configuration.Hook] = []
        for element in list?.elements ?? [] {
            guard let on: Placed<Side> = element["on"]?.choice(), let run = element["run"]?.text
            else { continue }
            if on.value == .laptop, !isLocal(on.position) {
                let message =
                    "a hook on the laptop stands in \(Configuration.localFileName), which is "
                    + "never synced: nobody else can then run anything here"
                note(on.position, message)
            }
            if on.value == .vm, workload == nil {
                let message =
                    "a hook on the vm runs in the workload container: add "
                    + "`workload: { container: NAME }`"
                note(on.position, message)
            }
            if run.value.unicodeScalars.contains("\0") { note(run.position, "run holds a NUL") }
            hooks.append(
                Configuration.Hook(
                    name: element["name"]?.text,
                    when: patterns(element["when"]),
                    on: on,
                    run: run,
                    timeout: element["timeout"]?.span
                        ?? Placed(Configuration.Hook.defaultTimeout)
                )
            )
        }
        return hooks
    }

    /// Whether a place is in the file that is never synced.
    private func isLocal(_ position: Position?) -> Bool {
        guard let file = position?.file else { return false }
        return file == localFile
    }

    // MARK: Operations

    mutating func logs(_ section: LocatedValue?) -> Configuration.Logs {
        let directory = section?["dir"]?.text
        if let directory, !Self.isAbsolute(directory.value) {
            note(directory.position, "dir must be an absolute path on the vm, without .. and //")
        }
        let rotate = section?["rotate"]
        return Configuration.Logs(
            directory: directory,
            size: rotate?["size"]?.size,
            files: rotate?["files"]?.number,
            age: rotate?["age"]?.span
        )
    }

    static func isName(_ text: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte)
        }
        guard let first = text.utf8.first, isWord(first), text.utf8.count <= 64 else {
            return false
        }
        return text.utf8.allSatisfy { isWord($0) || "-_.".utf8.contains($0) }
    }
}
