import TandemTree

/// One value that holds, and where it comes from.
package struct EffectiveValue: Hashable, Sendable {
    /// The keys that lead to it, with dots, and numbers for the elements of lists.
    package var key: String
    /// As YAML writes it.
    package var value: String
    /// A place in a file, or "default".
    package var origin: String
}

extension Configuration {
    /// What holds, value by value.
    package func effectiveValues() -> [EffectiveValue] {
        var values: [EffectiveValue] = []
        var above: [(indent: Int, name: String, elements: Int)] = []
        for line in effective().split(separator: "\n") {
            let indent = line.prefix { $0 == " " }.count
            var rest = line.drop { $0 == " " }
            while let last = above.last, last.indent >= indent + (rest.hasPrefix("- ") ? 1 : 0) {
                above.removeLast()
            }
            if rest.hasPrefix("- ") {
                rest = rest.dropFirst(2)
                if let list = above.indices.last { above[list].elements += 1 }
            }
            let parts = Self.parts(rest)
            let path = above.map { $0.elements == 0 ? $0.name : "\($0.name).\($0.elements)" }
            guard let value = parts.value else {
                above.append((indent, parts.name, 0))
                continue
            }
            let key = (path + (parts.name.isEmpty ? [] : [parts.name])).joined(separator: ".")
            values.append(EffectiveValue(key: key, value: value, origin: parts.origin))
        }
        return values
    }

    /// Takes one line of `effective` apart; a quoted value ends at its own quote.
    private static func parts(
        _ line: Substring
    ) -> (name: String, value: String?, origin: String) {
        var rest = line
        var name = ""
        if !line.hasPrefix("\"") {
            name = String(line.prefix { $0 != ":" })
            rest = line.dropFirst(name.count + 1)
            guard rest.hasPrefix(" ") else { return (name, nil, "") }
            rest = rest.dropFirst()
        }
        let mark = rest.ranges(of: "  # ").last
        let value = mark.map { rest[..<$0.lowerBound] } ?? rest
        let origin = mark.map { rest[$0.upperBound...] } ?? "default"
        return (name, String(value), String(origin))
    }

    /// What holds, as YAML that reads back to the same, each value with where it comes from.
    package func effective() -> String {
        var lines = ["version: 1"]
        line("name", name.map { quoted($0.value) }, name?.position, &lines)
        line("vm", quoted(vm.value), vm.position, &lines)
        line("container", container.map { quoted($0.value) }, container?.position, &lines)
        line("transport", transport.value.rawValue, transport.position, &lines)
        line("identity", identity.map { quoted($0.value) }, identity?.position, &lines)
        lines.append("sync:")
        for rule in sync {
            let from = rule.from.value.bytes.isEmpty ? "." : text(rule.from.value)
            line("  - from", quoted(from), rule.from.position, &lines)
            line("    to", quoted(rule.to.value), rule.to.position, &lines)
            line("    mode", rule.mode.value.rawValue, rule.mode.position, &lines)
        }
        lines.append("ignore:")
        line("  gitignore", "\(usesGitignore.value)", usesGitignore.position, &lines)
        line("  git", git.value.rawValue, git.position, &lines)
        line("  garbage", "\(leavesGarbage.value)", leavesGarbage.position, &lines)
        list("  patterns", patterns, &lines)
        list("  more-garbage", garbagePatterns, &lines)
        if let workload {
            lines.append("workload:")
            let container = workload.container
            line("  container", quoted(container.value), container.position, &lines)
            let directory = workload.directory
            line("  directory", directory.map { quoted($0.value) }, directory?.position, &lines)
        }
        if !hooks.isEmpty { lines.append("hooks:") }
        for hook in hooks { append(hook, &lines) }
        lines.append("safety:")
        line("  shelf", shelf.value, shelf.position, &lines)
        if bandwidth != nil || maximumFile != nil { lines.append("limits:") }
        let rate = bandwidth.map { ByteSize.text($0.value) + "/s" }
        line("  bandwidth", rate, bandwidth?.position, &lines)
        let size = maximumFile.map { ByteSize.text($0.value) }
        line("  max-file", size, maximumFile?.position, &lines)
        append(snapshots, &lines)
        append(logs, &lines)
        if let verify {
            lines.append("verify:")
            lines += EffectiveSection(ConfigurationKey.verify).lines(verify.section, margin: "  ")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func append(_ hook: Hook, _ lines: inout [String]) {
        line("  - on", hook.on.value.rawValue, hook.on.position, &lines)
        line("    run", quoted(hook.run.value), hook.run.position, &lines)
        line("    name", hook.name.map { quoted($0.value) }, hook.name?.position, &lines)
        list("    when", hook.when, &lines)
        let timeout = TimeSpan.text(hook.timeout.value)
        line("    timeout", timeout, hook.timeout.position, &lines)
    }

    private func append(_ snapshots: Snapshots, _ lines: inout [String]) {
        guard snapshots != Snapshots() else { return }
        lines.append("snapshots:")
        let every = snapshots.every
        line("  every", every.map { TimeSpan.text($0.value) }, every?.position, &lines)
        let kept: [(name: String, count: Placed<Int>?)] = [
            ("last", snapshots.last), ("hourly", snapshots.hourly), ("daily", snapshots.daily),
            ("weekly", snapshots.weekly), ("monthly", snapshots.monthly),
        ]
        if kept.contains(where: { $0.count != nil }) { lines.append("  keep:") }
        for (name, count) in kept {
            line("    \(name)", count.map { "\($0.value)" }, count?.position, &lines)
        }
        if let before = snapshots.before {
            if before.isEmpty { line("  before", "[]", snapshots.beforePosition, &lines) }
            list("  before", before.map { Placed($0.value.rawValue, at: $0.position) }, &lines)
        }
        let insistence = snapshots.beforeActs
        line("  before-acts", insistence?.value.rawValue, insistence?.position, &lines)
    }

    private func append(_ logs: Logs, _ lines: inout [String]) {
        guard logs != Logs() else { return }
        lines.append("logs:")
        line("  dir", logs.directory.map { quoted($0.value) }, logs.directory?.position, &lines)
        guard logs.size != nil || logs.files != nil || logs.age != nil else { return }
        lines.append("  rotate:")
        line("    size", logs.size.map { ByteSize.text($0.value) }, logs.size?.position, &lines)
        line("    files", logs.files.map { "\($0.value)" }, logs.files?.position, &lines)
        line("    age", logs.age.map { TimeSpan.text($0.value) }, logs.age?.position, &lines)
    }

    private func list(_ key: String, _ values: [Placed<String>], _ lines: inout [String]) {
        guard !values.isEmpty else { return }
        lines.append("\(key):")
        let margin = String(repeating: " ", count: key.prefix { $0 == " " }.count + 2)
        for value in values {
            lines.append("\(margin)- \(quoted(value.value))  # \(origin(value.position))")
        }
    }

    private func line(
        _ key: String,
        _ value: String?,
        _ position: Position?,
        _ lines: inout [String]
    ) {
        guard let value else { return }
        lines.append("\(key): \(value)  # \(origin(position))")
    }

    private func origin(_ position: Position?) -> String {
        position?.description ?? "default"
    }

    private func text(_ path: RelativePath) -> String {
        String(decoding: path.bytes, as: UTF8.self)
    }

    /// A double-quoted scalar: JSON's escapes are YAML's too.
    private func quoted(_ text: String) -> String { JSONText.quoted(text) }
}

/// A section as YAML, by its table of keys.
struct EffectiveSection {
    private let keys: [ConfigurationKey]

    init(_ keys: [ConfigurationKey]) { self.keys = keys }

    /// Its lines; the first begins with a dash where it is an element of a list.
    func lines(_ section: LocatedValue, margin: String, isElement: Bool = false) -> [String] {
        var lines: [String] = []
        for key in keys {
            guard let value = section[key.name] else { continue }
            let isFirst = isElement && lines.isEmpty
            let head = isFirst ? "\(margin.dropLast(2))- \(key.name):" : "\(margin)\(key.name):"
            lines += self.lines(value, key.kind, head, margin + "  ")
        }
        return lines
    }

    private func lines(
        _ value: LocatedValue,
        _ kind: ConfigurationKey.Kind,
        _ head: String,
        _ margin: String
    ) -> [String] {
        guard case .list(let element) = kind else {
            return ["\(head) \(scalar(value))  # \(value.position)"]
        }
        guard !value.elements.isEmpty else { return ["\(head) []  # \(value.position)"] }
        guard case .section(let inner) = element else {
            return [head] + value.elements.map { "\(margin)- \(scalar($0))  # \($0.position)" }
        }
        return [head]
            + value.elements.flatMap {
                EffectiveSection(inner).lines($0, margin: margin + "  ", isElement: true)
            }
    }

    private func scalar(_ value: LocatedValue) -> String {
        if case .size(let bytes) = value.content { return ByteSize.text(bytes) }
        return value.json
    }
}
