import Foundation

/// The parser's own description of the commands, as its help dump has it.
struct CommandDescription: Decodable, Sendable {
    struct Command: Decodable, Sendable {
        var commandName: String
        var superCommands: [String]?
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool?
        var subcommands: [Command]?
        var arguments: [Argument]?
    }

    struct Argument: Decodable, Sendable {
        struct Name: Decodable, Sendable {
            var kind: String
            var name: String
        }

        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var abstract: String?
        var discussion: String?
    }

    var command: Command

    init(dump: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(dump.utf8))
    }
}
