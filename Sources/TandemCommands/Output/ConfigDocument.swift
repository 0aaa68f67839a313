import TandemConfiguration
import TandemProject
import TandemTree

/// What `config check --json` prints.
struct ConfigCheckDocument: Encodable, Sendable {
    struct Problem: Encodable, Sendable {
        var file: String
        var line: Int
        var column: Int
        var message: String
    }

    var schema = JSONDocument.schema
    var command = "config check"
    var isRight: Bool
    var isWaiting: Bool
    var problems: [Problem]
    var notes: [String]

    init(_ problems: [ConfigurationError.Problem], _ notes: [String], isWaiting: Bool) {
        isRight = problems.isEmpty
        self.isWaiting = isWaiting
        self.problems = problems.map {
            Problem(
                file: escaped($0.position.file.utf8),
                line: $0.position.line,
                column: $0.position.column,
                message: escaped($0.message.utf8)
            )
        }
        self.notes = notes.map { escaped($0.utf8) }
    }
}

/// What `config show --json` prints.
struct ConfigShowDocument: Encodable, Sendable {
    struct Value: Encodable, Sendable {
        var key: String
        var value: String
        var origin: String
    }

    var schema = JSONDocument.schema
    var command = "config show"
    var digest: String
    var isWaiting: Bool
    var values: [Value]

    init(_ configuration: Configuration, digest: Digest, isWaiting: Bool) {
        self.digest = digest.hex
        self.isWaiting = isWaiting
        values = configuration.effectiveValues().map {
            Value(key: $0.key, value: escaped($0.value.utf8), origin: escaped($0.origin.utf8))
        }
    }
}

/// What `config diff --json` and `config approve --json` print.
struct ConfigDiffDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "config"
    var isWaiting: Bool
    var origin: String?
    var diff: [String]
    var changes: [String]
    var problems: [String]

    init(_ waiting: WaitingContent) {
        isWaiting = waiting.isWaiting
        origin = waiting.origin?.rawValue
        diff = waiting.diff.lines.map(\.shown)
        changes = waiting.change.sentences.map { escaped($0.utf8) }
        problems = (waiting.error?.problems ?? []).map { escaped($0.description.utf8) }
    }
}
