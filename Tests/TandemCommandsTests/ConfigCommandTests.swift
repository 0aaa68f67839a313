import Foundation
import TandemConfiguration
import TandemProject
import TandemSync
import TandemSystem
import TandemTree
import Testing

@testable import TandemCommands

struct ConfigCommandTests {
    private let playground: Playground
    private let catalogue: MemoryCatalogue
    private let entry: PairEntry
    private let context: CommandContext
    private let record = ConsoleRecord()

    init() throws {
        playground = try Playground()
        entry = try playground.entry("shop")
        catalogue = MemoryCatalogue([entry])
        context = playground.context(record, catalogue: catalogue)
    }

    private func text(_ rest: String = "", mode: String = "two-way") -> String {
        "version: 1\nvm: v\nsync: [{from: ., to: /app, mode: \(mode)}]\n\(rest)"
    }

    private func write(_ text: String, to name: String = "tandem.yml") throws {
        try Data(text.utf8).write(to: URL(filePath: "\(entry.root)/\(name)"))
    }

    /// Runs one command line in a console of its own.
    private func tandem(
        _ arguments: String...,
        answers: [String] = [],
        engine: FakeEngine = FakeEngine()
    ) -> (code: ExitCode, output: String, errors: String) {
        let record = ConsoleRecord(answers: answers)
        let traits = Console.Traits(errorIsTerminal: !answers.isEmpty, inputIsTerminal: true)
        let context = playground.context(
            record,
            catalogue: catalogue,
            engine: engine,
            traits: traits
        )
        return (CommandProgram.run(arguments, in: context), record.output, record.errors)
    }

    private func approve(_ text: String) throws {
        try write(text)
        #expect(tandem("config", "approve", "shop", "--yes").code == .done)
    }

    @Test func `check says every problem with its place, a line each`() throws {
        try write(text("ignroe: {}\nhooks: [{on: laptop, run: id}]\n"))
        try write("nmae: x\n", to: "tandem.local.yml")
        let (code, output, _) = tandem("config", "check", "shop")
        #expect(code == .configuration)
        #expect(
            output == """
                2 problems in \(entry.root)
                tandem.local.yml:1:1: unknown key "nmae"; did you mean "name"?
                tandem.yml:4:1: unknown key "ignroe"; did you mean "ignore"?

                """
        )
    }

    @Test func `check in JSON has file, line and column`() throws {
        try write("version: 2\n")
        let (code, output, _) = tandem("config", "check", "shop", "--json")
        #expect(code == .configuration)
        let document = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        let problems = try #require(document?["problems"] as? [[String: Any]])
        #expect(problems.first?["line"] as? Int == 1 && problems.first?["column"] as? Int == 10)
        #expect(document?["isRight"] as? Bool == false)
    }

    @Test func `check says what is right, not approved, and without effect`() throws {
        try write(text("snapshots: {every: 1h}\nlogs: {dir: /var/log/x}\n"))
        let (code, output, _) = tandem("config", "-C", entry.root)
        #expect(code == .done)
        #expect(
            output == """
                right: \(entry.root)/tandem.yml
                  tandem.yml:5:13: logs: every daemon keeps its own limits (docs/LOGS.md), \
                so this has no effect in this version
                  not approved here, so not in force; next: tandem config approve

                """
        )
    }

    @Test func `a limit that is not kept is wrong everywhere, and the line is named`() throws {
        try approve(text())
        try write(text("limits: {max-file: 1GB, bandwidth: 1MB/s}\n"))
        let check = tandem("config", "check", "shop")
        #expect(check.code == .configuration)
        #expect(
            check.output.contains(
                "tandem.yml:4:20: limits: max-file is what this version does not do; "
                    + "take the line out (`ignore: patterns` leaves out files by name"
            ),
            "\(check.output)"
        )
        #expect(check.output.contains("tandem.yml:4:36: limits: bandwidth"))
        #expect(tandem("config", "approve", "shop", "--yes").code == .configuration)
        let push = tandem("push", "shop")
        #expect(push.errors.contains("limits: max-file"), "\(push.errors)")
        #expect(push.errors.contains("what was approved before still holds"))
    }

    @Test func `show has what is in force, not what waits, and where it comes from`() throws {
        try approve(text("ignore: {patterns: [a]}\n"))
        try write("identity: /k\n", to: "tandem.local.yml")
        try write(text("ignore: {patterns: [b]}\n"))
        let (code, output, _) = tandem("config", "show", "shop")
        #expect(code == .done)
        #expect(output.contains("    - \"a\"  # tandem.yml:4:21\n"))
        #expect(output.contains("identity: \"/k\"  # tandem.local.yml:1:11\n"))
        #expect(output.contains("  gitignore: true  # default\n"))
        #expect(output.contains("# other content waits: tandem config diff\n"))
        let json = tandem("config", "show", "shop", "--json").output
        #expect(json.contains(#""key" : "ignore.patterns.1""#))
        #expect(json.contains(#""origin" : "tandem.local.yml:1:11""#))
    }

    @Test func `approve shows the difference, asks, and approves exactly what it showed`() throws {
        try approve(text("workload: {container: a}\n"))
        let next = text("workload: {container: b}\nhooks: [{on: vm, run: \"touch x\\e[2J\"}]\n")
        try write(next)
        let no = tandem("config", "approve", "shop", answers: ["no"])
        #expect(no.code == .attention && no.errors.contains("not approved"))
        #expect(
            no.output == """
                tandem.yml of unknown origin waits for approval
                  version: 1
                  vm: v
                  sync: [{from: ., to: /app, mode: two-way}]
                - workload: {container: a}
                + workload: {container: b}
                + hooks: [{on: vm, run: "touch x\\e[2J"}]
                in effect it changes:
                  commands run in the container b
                  hook added: on the vm: touch x\\x1b[2J

                """
        )
        #expect(tandem("config", "diff", "shop").code == .attention)
        let yes = tandem("config", "approve", "shop", answers: ["yes"])
        #expect(yes.code == .done && yes.output.hasSuffix("approved\n"))
        #expect(tandem("config", "diff", "shop").output == "nothing waits\n")
        let store = TrustStore(stateDirectory: context.laptopPair(entry).stateDirectory)
        #expect(store.load()?.content == Array(next.utf8))
        // Content that comes after it waits again.
        try write(text("workload: {container: c}\n"))
        #expect(tandem("config", "diff", "shop").code == .attention)
    }

    @Test func `a wrong file is not approved`() throws {
        try write(text("hooks: [{on: laptop, run: id}]\n"))
        let (code, _, errors) = tandem("config", "approve", "shop", "--yes")
        #expect(code == .configuration)
        #expect(errors.contains("tandem.yml:4:14: a hook on the laptop stands in"))
    }

    @Test func `where nobody can be asked nothing is approved`() throws {
        try write(text())
        #expect(tandem("config", "approve", "shop").code == .attention)
        #expect(tandem("config", "diff", "shop", "--json").output.contains(#""isWaiting" : true"#))
    }

    @Test func `the schema is printed for editors`() {
        #expect(tandem("config", "schema").output == ConfigurationSchema.json)
    }

    @Test func `a directory without a pair can be checked, and nothing approved there`() throws {
        let other = try playground.make("other")
        try Data(text().utf8).write(to: URL(filePath: "\(other)/tandem.yml"))
        #expect(tandem("config", "check", "-C", other).code == .done)
        #expect(tandem("config", "show", "-C", other).code == .done)
        let (code, _, errors) = tandem("config", "approve", "-C", other)
        #expect(code == .configuration && errors.contains("belongs to no pair"))
    }

    // MARK: What a push takes of it

    private func engine(_ seen: Seen) -> FakeEngine {
        var engine = FakeEngine()
        engine.report = { _, options, _ in
            seen.options.change { $0 = options }
            return .sample()
        }
        return engine
    }

    @Test func `a push takes what is approved, a plan what the file would bring`() throws {
        try approve(text("ignore: {patterns: [a]}\n"))
        try write(text("ignore: {patterns: [b], git: push}\n"))
        let seen = Seen()
        let push = tandem("push", "shop", engine: engine(seen))
        #expect(push.code == .done && seen.value?.ignore.patterns == ["a"])
        #expect(push.errors.contains("waits for approval; what was approved before holds"))
        let plan = tandem("plan", "shop", engine: engine(seen))
        #expect(seen.value?.ignore == IgnoreSettings(git: .push, patterns: ["b"]))
        #expect(
            plan.errors == """
                planned with tandem.yml changed while nobody looked and waits for approval; it changes:
                  .git goes to the vm
                  pattern added: b
                  pattern gone: a

                """
        )
    }

    @Test func `in a pair that only pushes the user's edit takes effect at once`() throws {
        try approve(text("ignore: {patterns: [a]}\n", mode: "push"))
        try write(text("ignore: {patterns: [b]}\n", mode: "push"))
        let seen = Seen()
        #expect(!tandem("push", "shop", engine: engine(seen)).errors.contains("tandem.yml"))
        #expect(seen.value?.ignore.patterns == ["b"])
    }

    @Test(arguments: ["pull", "off"])
    func `a push says where nothing goes to the vm`(mode: String) throws {
        try approve(text(mode: mode))
        let (code, _, errors) = tandem("push", "shop")
        #expect(code == .configuration && errors.contains("so nothing goes to the vm"), "\(errors)")
    }

    @Test func `a push goes by the modes of paths, and takes nothing from the vm`() throws {
        try approve(
            """
            version: 1
            vm: v
            sync:
              - {from: ., to: /app}
              - {from: a, to: /app/a, mode: mirror}
              - {from: a/b, to: /app/a/b, mode: pull}
              - {from: c, to: /app/c, mode: "off"}

            """
        )
        let seen = Seen()
        #expect(tandem("push", "shop", engine: engine(seen)).code == .done)
        let modes = try #require(seen.value?.modes)
        let found = ["x", "a/x", "a/b/x", "c"].map {
            modes.mode(of: RelativePath(trusted: Array($0.utf8)))
        }
        #expect(found == [.push, .mirror, .off, .off])
    }

    @Test func `a wrong file leaves a push with what was approved, and says so`() throws {
        try approve(text("ignore: {patterns: [a]}\n"))
        try write("version: 7\n")
        let seen = Seen()
        let (code, _, errors) = tandem("push", "shop", engine: engine(seen))
        #expect(code == .done && seen.value?.ignore.patterns == ["a"])
        #expect(errors.contains("tandem.yml:1:10: version must be 1"))
    }

    @Test func `pairing by a file approves it`() throws {
        let root = try playground.make("fresh")
        try Data(text().utf8).write(to: URL(filePath: "\(root)/tandem.yml"))
        var context = playground.context(record, catalogue: catalogue)
        context.currentDirectory = root
        #expect(CommandProgram.run(["pair"], in: context) == .done, "\(record.errors)")
        let made = try #require(catalogue.pairs().first { $0.root == root })
        let state = context.laptopPair(made).stateDirectory
        #expect(TrustStore(stateDirectory: state).load()?.content == Array(text().utf8))
    }
}

/// What a push was asked for.
private final class Seen: Sendable {
    let options = Monitor<PushOptions?>(nil)

    var value: PushOptions? { options.look { $0 } }
}
