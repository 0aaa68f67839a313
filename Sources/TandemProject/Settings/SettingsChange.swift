import TandemConfiguration
import TandemTree

/// What another configuration changes, in sentences for a person.
package struct SettingsChange: Hashable, Sendable {
    /// One sentence each; empty where nothing that has an effect differs.
    package var sentences: [String]

    package var isEmpty: Bool { sentences.isEmpty }

    /// Compares what is in force with what is to be.
    package init(from old: ProjectSettings, to new: ProjectSettings) {
        sentences =
            Self.modes(old, new) + Self.ignore(old.ignore, new.ignore) + Self.workload(old, new)
            + Self.hooks(old.hooks, new.hooks) + Self.operations(old, new)
    }

    private static func operations(_ old: ProjectSettings, _ new: ProjectSettings) -> [String] {
        var sentences: [String] = []
        if old.guarded.acts != new.guarded.acts {
            let acts = new.guarded.acts.map { $0.map(\.rawValue).sorted().joined(separator: ", ") }
            let named = acts.map { $0.isEmpty ? "no act" : $0 } ?? "all guarded acts"
            sentences.append("snapshots are taken before \(named)")
        }
        if old.guarded.isRequired != new.guarded.isRequired {
            let verb = new.guarded.isRequired ? "not done" : "done all the same"
            sentences.append("acts whose snapshot cannot be taken are \(verb)")
        }
        sentences += new.snapshots.sentences(after: old.snapshots)
        if old.verify != new.verify { sentences.append("`tandem verify` expects something else") }
        return sentences
    }

    private static func modes(_ old: ProjectSettings, _ new: ProjectSettings) -> [String] {
        let paths = Set((old.modes + new.modes).map(\.path)).sorted()
        return paths.compactMap { path in
            let (before, after) = (old.mode(of: path), new.mode(of: path))
            guard before != after else { return nil }
            return "\(path): \(before.rawValue) becomes \(after.rawValue)"
        }
    }

    private static func ignore(_ old: IgnoreSettings, _ new: IgnoreSettings) -> [String] {
        var sentences: [String] = []
        if old.usesGitignore != new.usesGitignore {
            sentences.append(".gitignore files \(new.usesGitignore ? "count" : "no longer count")")
        }
        if old.git != new.git {
            sentences.append(new.git == .push ? ".git goes to the vm" : ".git stays on its side")
        }
        if old.leavesGarbage != new.leavesGarbage {
            sentences.append(
                new.leavesGarbage ? "garbage stays on its side" : "garbage travels like other files"
            )
        }
        let old = (old.patterns, old.garbagePatterns)
        let new = (new.patterns, new.garbagePatterns)
        return sentences + lines("pattern", old.0, new.0) + lines("garbage pattern", old.1, new.1)
    }

    private static func lines(_ what: String, _ old: [String], _ new: [String]) -> [String] {
        let (before, after) = (Set(old), Set(new))
        let added = new.filter { !before.contains($0) }.map { "\(what) added: \($0)" }
        let gone = old.filter { !after.contains($0) }.map { "\(what) gone: \($0)" }
        let isReordered = added.isEmpty && gone.isEmpty && old != new
        return added + gone + (isReordered ? ["\(what)s stand in another order"] : [])
    }

    private static func workload(_ old: ProjectSettings, _ new: ProjectSettings) -> [String] {
        guard old.workload != new.workload else { return [] }
        guard let workload = new.workload else { return ["commands have no container any more"] }
        let place = workload.directory.map { ", in \($0)" } ?? ""
        return ["commands run in the container \(workload.container)\(place)"]
    }

    private static func hooks(_ old: [Hook], _ new: [Hook]) -> [String] {
        func bare(_ hook: Hook) -> Hook {
            var hook = hook
            hook.number = 0
            return hook
        }
        let (before, after) = (Set(old.map(bare)), Set(new.map(bare)))
        let added = new.filter { !before.contains(bare($0)) }.map { "hook added: \($0.sentence)" }
        let gone = old.filter { !after.contains(bare($0)) }.map { "hook gone: \($0.sentence)" }
        return added + gone
    }
}
