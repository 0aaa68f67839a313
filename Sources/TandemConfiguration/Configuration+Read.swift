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
        return try build(merged, localFile: names.local)
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
        _ root: LocatedValue,
        localFile: String
    ) throws(ConfigurationError) -> Configuration {
        var checks = ConfigurationChecks(localFile: localFile)
        let sync = checks.rules(root["sync"])
        checks.name(root["name"]?.text)
        let workload = checks.workload(root["workload"])
        let hooks = checks.hooks(root["hooks"], workload: workload)
        let ignore = root["ignore"]
        let patterns = checks.patterns(ignore?["patterns"])
        let garbage = checks.patterns(ignore?["more-garbage"])
        let logs = checks.logs(root["logs"])
        checks.verify(root["verify"])
        guard checks.problems.isEmpty, let vm = root["vm"]?.text else {
            throw ConfigurationError(problems: checks.problems.sorted())
        }
        return Configuration(
            name: root["name"]?.text,
            vm: vm,
            container: root["container"]?.text,
            transport: root["transport"]?.choice() ?? Placed(.streamlocal),
            identity: root["identity"]?.text,
            sync: sync,
            usesGitignore: ignore?["gitignore"]?.flag ?? Placed(true),
            git: ignore?["git"]?.choice() ?? Placed(.skip),
            leavesGarbage: ignore?["garbage"]?.flag ?? Placed(true),
            patterns: patterns,
            garbagePatterns: garbage,
            workload: workload,
            hooks: hooks,
            shelf: root["safety"]?["shelf"]?.text ?? Placed("default"),
            bandwidth: root["limits"]?["bandwidth"]?.size,
            maximumFile: root["limits"]?["max-file"]?.size,
            snapshots: snapshots(root["snapshots"]),
            logs: logs,
            verify: root["verify"].map { Verify(section: $0) }
        )
    }

    private static func snapshots(_ section: LocatedValue?) -> Snapshots {
        let keep = section?["keep"]
        return Snapshots(
            every: section?["every"]?.span,
            last: keep?["last"]?.number,
            hourly: keep?["hourly"]?.number,
            daily: keep?["daily"]?.number,
            weekly: keep?["weekly"]?.number,
            monthly: keep?["monthly"]?.number,
            before: section?["before"]?.elements.compactMap { $0.choice() },
            beforePosition: section?["before"]?.position,
            beforeActs: section?["before-acts"]?.choice()
        )
    }

    private static func problem(
        _ position: Position?,
        _ message: String
    ) -> ConfigurationError.Problem {
        ConfigurationChecks.problem(position, message)
    }
}

extension [ConfigurationError.Problem] {
    fileprivate func sorted() -> Self { sorted { $0.position < $1.position } }
}
