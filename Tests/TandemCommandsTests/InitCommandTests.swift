import Foundation
import TandemConfiguration
import TandemTree
import Testing

@testable import TandemCommands

struct InitCommandTests {
    private let playground: Playground
    private let root: String

    init() throws {
        playground = try Playground()
        root = try playground.make("shop")
    }

    private func tandem(
        _ arguments: String...,
        environment: [String: String] = [:],
        catalogue: MemoryCatalogue = MemoryCatalogue()
    ) -> (code: ExitCode, output: String, errors: String) {
        let record = ConsoleRecord()
        var context = playground.context(record, catalogue: catalogue)
        context.environment.merge(environment) { $1 }
        if environment.isEmpty { context.currentDirectory = root }
        return (CommandProgram.run(arguments, in: context), record.output, record.errors)
    }

    private func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(name)", encoding: .utf8)
    }

    private func makeRepository(ignoring text: String? = nil) throws {
        try FileManager.default.createDirectory(
            atPath: "\(root)/.git",
            withIntermediateDirectories: false
        )
        guard let text else { return }
        try text.write(toFile: "\(root)/.gitignore", atomically: false, encoding: .utf8)
    }

    @Test func `what is suggested is right once the marks are taken away`() throws {
        #expect(tandem("init", "devvm:/app").code == .done)
        let text = try read("tandem.yml")
        let lines = text.split(separator: "\n").map { line in
            // A sentence begins with "# " and a letter.
            let isSentence = line.hasPrefix("# ") && line.dropFirst(2).first?.isLetter == true
            return line.hasPrefix("#") && !isSentence ? line.dropFirst() : line
        }
        let shown = try Configuration.read(Array(lines.joined(separator: "\n").utf8))
        #expect(shown.workload?.container.value == "app")
        #expect(shown.hooks.map(\.run.value) == ["npm ci"])
        let plain = try Configuration.read(Array(text.utf8))
        #expect(plain.workload == nil && plain.hooks.isEmpty)
        #expect(plain.rootRule?.mode.value == .twoWay)
        #expect(text.hasPrefix("# yaml-language-server: $schema=tandem.schema.json\n"))
        #expect(try read("tandem.schema.json") == ConfigurationSchema.json)
    }

    @Test func `outside a git repository there is no gitignore`() throws {
        #expect(tandem("init", "devvm:/app").code == .done)
        #expect(!FileManager.default.fileExists(atPath: "\(root)/.gitignore"))
    }

    @Test(arguments: [
        (nil, "/tandem.local.yml\n"),
        ("out", "out\n/tandem.local.yml\n"),
        ("tandem.local.yml\r\nout\r\n", "tandem.local.yml\r\nout\r\n"),
        ("/tandem.local.yml", "/tandem.local.yml"),
    ])
    func `in a git repository the local file is ignored, by one line`(
        before: String?,
        after: String
    ) throws {
        try makeRepository(ignoring: before)
        let first = tandem("init", "devvm:/app", "--json")
        #expect(first.code == .done, "\(first.errors)")
        #expect(try read(".gitignore") == after)
        #expect(first.output.contains(".gitignore") == (before != after))
        try FileManager.default.removeItem(atPath: "\(root)/tandem.yml")
        #expect(tandem("init", "devvm:/app").code == .done)
        #expect(try read(".gitignore") == after)
    }

    @Test func `a gitignore that is a link stays what it is`() throws {
        try makeRepository()
        let other = "\(try playground.make("other"))/ignore"
        try "out\n".write(toFile: other, atomically: false, encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            atPath: "\(root)/.gitignore",
            withDestinationPath: other
        )
        #expect(tandem("init", "devvm:/app").code == .done)
        #expect(try read(".gitignore") == "out\n")
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: "\(root)/.gitignore")
        #expect(link == other)
    }

    @Test func `TANDEM_CONFIG names the directory that commands are about`() throws {
        let there = ["TANDEM_CONFIG": "\(root)/tandem.yml"]
        let catalogue = MemoryCatalogue()
        #expect(tandem("init", "devvm:/app", environment: there).code == .done)
        #expect(tandem("config", "check", environment: there).output.contains("\(root)/"))
        let pair = tandem("pair", environment: there, catalogue: catalogue)
        #expect(pair.code == .done, "\(pair.errors)")
        #expect(catalogue.pairs().map(\.root) == [root])
        let other = try playground.entry("other")
        catalogue.keep(other)
        let status = tandem("config", "show", environment: there, catalogue: catalogue)
        #expect(status.output.contains("\"devvm\""), "\(status)")
        let named = tandem("config", "show", "other", environment: there, catalogue: catalogue)
        #expect(!named.output.contains("\"devvm\""), "a named pair comes first")
    }

    @Test func `TANDEM_CONFIG with another file's name is refused`() throws {
        let end = tandem("config", "check", environment: ["TANDEM_CONFIG": "\(root)/other.yml"])
        #expect(end.code == .configuration)
        #expect(end.errors.contains("TANDEM_CONFIG names \(root)/other.yml"), "\(end.errors)")
    }
}
