import TandemTree

/// Reads what the script printed into facts; any bytes give facts, of which some say "unknown".
package struct FactsParser: Sendable {
    private let sections: [String: SectionedOutput.Section]
    private let script: FactsScript
    private let expectation: VerifyExpectation

    /// Splits an output into the answers.
    package init(_ output: [UInt8], of script: FactsScript, expectation: VerifyExpectation) {
        self.script = script
        self.expectation = expectation
        sections = SectionedOutput(output, token: script.token).sections
    }

    /// The facts of a machine.
    package func facts(_ side: VerifySide, name: String) -> MachineFacts {
        var facts = MachineFacts(side, name: name, reason: "the answer is missing")
        facts.system = read("system", by: "uname -s", word)
        facts.architecture = read("architecture", by: "uname -m", word)
        facts.podmanVersion = read("podman", by: "podman --version", word)
        facts.containers = read("containers", by: "podman inspect") {
            ContainerFacts.parse(inspect: $0)
        }
        facts.services = read("services", by: "systemctl show", ServiceFacts.init(parsing:))
        let method = "/proc/PID/{exe,cgroup,cmdline}"
        let walk = facts.system.value == "Linux" ? method : "ps -axww"
        facts.processes = read("processes", by: walk) { Self.processes($0) }
        facts.sockets = read("sockets", by: "ss -ltnp") { ListeningSocket.parse(ss: $0) }
        for (index, directory) in script.logDirectories.enumerated() {
            facts.logs[directory] = read("logs-\(index)", by: "find \(directory) -type f; stat") {
                Self.logs($0)
            }
        }
        facts.git = git()
        guard let git = facts.git.value else {
            facts.garbage = .unknown("git did not say what it tracks", by: facts.git.method)
            return withVersions(facts)
        }
        let tracked = Set(git.tracked)
        facts.garbage = read("garbage", by: "find ROOT; stat") {
            GarbageTally(statLines: $0, tracked: tracked)?.facts
        }
        return withVersions(facts)
    }

    private func withVersions(_ facts: MachineFacts) -> MachineFacts {
        var facts = facts
        for (index, version) in expectation.versions.enumerated() {
            let place = version.container.map { "podman exec \($0) " } ?? ""
            let method = place + version.command.joined(separator: " ")
            facts.versions[version.name] = read("version-\(index)", by: method, word)
        }
        return facts
    }

    // MARK: Single answers

    private func read<Value>(
        _ title: String,
        by method: String,
        _ convert: ([UInt8]) -> Value?
    ) -> Finding<Value> {
        guard let section = sections[title] else {
            return .unknown("the machine did not come to this question", by: method)
        }
        guard let code = section.code else { return .unknown("the answer was cut off", by: method) }
        guard code == 0 else {
            let said = section.complaint.isEmpty ? "exit code \(code)" : section.complaint
            return .unknown(said, by: method)
        }
        guard let value = convert(section.output) else {
            return .unknown("the answer was not understood", by: method)
        }
        return .found(value, by: method)
    }

    private func word(_ bytes: [UInt8]) -> String? {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first else { return nil }
        return String(decoding: first, as: UTF8.self)
    }

    static func fields(_ line: ArraySlice<UInt8>, by separator: Unicode.Scalar) -> [String] {
        line.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private static func processes(_ bytes: [UInt8]) -> [ProcessFacts]? {
        let found = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            ProcessFacts(fields: fields(line, by: "\t"))
        }
        return found.isEmpty ? nil : found
    }

    private static func logs(_ bytes: [UInt8]) -> [LogFileFacts] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard fields.count == 3,
                let size = UInt64(String(decoding: fields[1], as: UTF8.self))
            else { return nil }
            let name = fields[2].starts(with: "./".utf8) ? fields[2].dropFirst(2) : fields[2]
            return LogFileFacts(name: String(decoding: name, as: UTF8.self), bytes: size)
        }.sorted { $0.name < $1.name }
    }

    private func git() -> Finding<GitFacts> {
        let method = "git check-ignore -v --no-index; git ls-files"
        let found = read("protection", by: method) { output -> GitFacts? in
            if output.starts(with: "no repository".utf8) { return GitFacts(isRepository: false) }
            var facts = GitFacts(isRepository: true)
            // Source, line, pattern and path, each ended by a NUL; the first three are empty where
            // nothing matches.
            let fields = output.split(separator: 0, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            let answers = stride(from: 0, to: fields.count - 3, by: 4).map { fields[$0..<($0 + 4)] }
            for (pattern, answer) in zip(script.patterns, answers) {
                let parts = Array(answer)
                let isProtected = !parts[0].isEmpty && !parts[2].hasPrefix("!")
                facts.protection[pattern] =
                    .some(isProtected ? parts[0...2].joined(separator: ":") : nil)
            }
            return facts
        }
        guard var facts = found.value, facts.isRepository else { return found }
        // What git tracks is never garbage, so without that list nothing can be said.
        let tracked = read("tracked", by: method) { output in
            output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        }
        guard let names = tracked.value else { return .unknown(tracked.reason, by: method) }
        facts.tracked = names
        return .found(facts, by: method)
    }
}
