import TandemTree

extension Configuration {
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
        if !patterns.isEmpty { lines.append("  patterns:") }
        for pattern in patterns {
            lines.append("    - \(quoted(pattern.value))  # \(origin(pattern.position))")
        }
        lines.append("safety:")
        line("  shelf", shelf.value, shelf.position, &lines)
        if bandwidth != nil || maximumFile != nil { lines.append("limits:") }
        let rate = bandwidth.map { ByteSize.text($0.value) + "/s" }
        line("  bandwidth", rate, bandwidth?.position, &lines)
        let size = maximumFile.map { ByteSize.text($0.value) }
        line("  max-file", size, maximumFile?.position, &lines)
        return lines.joined(separator: "\n") + "\n"
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
