package import TandemTree

/// A planned change in the letters people know from git.
package struct ChangeView: Sendable, Hashable {
    /// What happens to the entry on the vm.
    package enum Action: String, Sendable, CaseIterable {
        case added
        case modified
        case replaced
        case moved
        case deleted

        /// One column wide.
        package var letter: String {
            switch self {
            case .added: "A"
            case .modified: "M"
            case .replaced: "T"
            case .moved: "R"
            case .deleted: "D"
            }
        }

        var tone: Tone {
            switch self {
            case .added: .good
            case .modified, .replaced, .moved: .warning
            case .deleted: .bad
            }
        }
    }

    package var action: Action
    package var note: String?

    package init(_ change: Change) {
        if case .move = change.source {
            self.init(action: .moved, note: nil)
            return
        }
        guard let new = change.new else {
            self.init(action: .deleted, note: "kept on the shelf")
            return
        }
        guard let old = change.expected else {
            self.init(action: .added, note: Self.note(on: change.source))
            return
        }
        if old.kind != new.kind {
            let kinds = "\(old.kind.word) becomes \(new.kind.word), the old kept on the shelf"
            self.init(action: .replaced, note: kinds)
        } else if old.digest == new.digest && old.executable != new.executable {
            let sentence = new.executable ? "becomes executable" : "is no longer executable"
            self.init(action: .modified, note: sentence)
        } else {
            self.init(action: .modified, note: Self.note(on: change.source))
        }
    }

    private init(action: Action, note: String?) {
        self.action = action
        self.note = note
    }

    private static func note(on source: ContentSource?) -> String? {
        guard case .copy(let path) = source else { return nil }
        return "the vm copies \(escaped(path.bytes))"
    }
}

extension Change {
    /// One line about it: the letter, the path, and what is to be said of it.
    var line: StyledText {
        let view = ChangeView(self)
        var name = path.shown(as: (new ?? expected)?.kind)
        if case .move(let place) = source { name = "\(place.shown(as: new?.kind)) → \(name)" }
        let note = view.note.map { StyledText("  (\($0))", .faint) } ?? ""
        return StyledText(view.action.letter, view.action.tone) + StyledText("  \(name)") + note
    }
}

extension EntryKind {
    /// The word for it in a sentence.
    package var word: String {
        switch self {
        case .file: "file"
        case .directory: "directory"
        case .link: "link"
        case .other: "special file"
        }
    }
}

extension EntryState {
    /// `file, 1.2 kB`, `directory`, `link`.
    package var summary: String {
        switch kind {
        case .file: "\(executable ? "executable " : "")file, \(Quantities.bytes(size))"
        default: kind.word
        }
    }
}

extension RelativePath {
    /// The path as text; a directory's ends with a slash, the root's is a dot.
    package func shown(as kind: EntryKind?) -> String {
        if bytes.isEmpty { return "." }
        return escaped(bytes) + (kind == .directory ? "/" : "")
    }
}
