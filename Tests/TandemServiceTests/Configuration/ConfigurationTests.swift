import Foundation
import TandemConfiguration
import TandemTree
import Testing

struct ConfigurationTests {
    private let whole = """
        version: 1
        name: shop

        vm: devvm                     # alias in ~/.ssh/config
        container: tandem-receiver
        transport: exec
        identity: ~/.ssh/id_tandem
        sync:
          - from: .
            to: /app
          - { from: dist/,  to: /app/dist,  mode: pull }
          - { from: ./.venv, to: /app/.venv, mode: "off" }
        ignore:
          gitignore: false
          git: push
          patterns: [ "*.log", "b & c" ]
          garbage: true
        safety:      { shelf: default }
        limits:      { bandwidth: 20MB/s, max-file: 2 GiB }
        """

    private func read(_ text: String, local: String? = nil) throws -> Configuration {
        try Configuration.read(Array(text.utf8), local: local.map { Array($0.utf8) })
    }

    private func problems(_ text: String, local: String? = nil) -> String {
        do {
            _ = try read(text, local: local)
            return "none"
        } catch {
            return "\(error)"
        }
    }

    private func at(_ line: Int, _ column: Int) -> Position {
        Position(file: "tandem.yml", line: line, column: column)
    }

    @Test func `every value is read, with its place`() throws {
        let configuration = try read(whole)
        #expect(configuration.name == Placed("shop", at: at(2, 7)))
        #expect(configuration.vm == Placed("devvm", at: at(4, 5)))
        #expect(configuration.container?.value == "tandem-receiver")
        #expect(configuration.transport == Placed(.exec, at: at(6, 12)))
        #expect(configuration.identity?.value == "~/.ssh/id_tandem")
        #expect(configuration.sync.map(\.from.value.description) == [".", "dist", ".venv"])
        #expect(configuration.sync.map(\.to.value) == ["/app", "/app/dist", "/app/.venv"])
        #expect(configuration.sync.map(\.mode.value) == [.twoWay, .pull, .off])
        #expect(configuration.sync[0].mode.position == nil)
        #expect(configuration.usesGitignore == Placed(false, at: at(14, 14)))
        #expect(configuration.git.value == .push)
        #expect(configuration.patterns.map(\.value) == ["*.log", "b & c"])
        #expect(configuration.bandwidth?.value == 20_000_000)
        #expect(configuration.maximumFile?.value == 2 << 30)
    }

    private let least = "version: 1\nvm: v\nsync: [{from: ., to: /a}]\n"

    @Test func `what is not said has a default without a place`() throws {
        let configuration = try read(least)
        #expect(configuration.transport == Placed(.streamlocal))
        #expect(configuration.usesGitignore == Placed(true))
        #expect(configuration.git == Placed(.skip))
        #expect(configuration.leavesGarbage == Placed(true))
        #expect(configuration.shelf == Placed("default"))
        #expect(configuration.name == nil && configuration.bandwidth == nil)
    }

    @Test func `the local file is laid over the shared one, key by key`() throws {
        let local = "vm: mine\nignore: { git: push }\n"
        let configuration = try read(whole, local: local)
        #expect(
            configuration.vm
                == Placed("mine", at: Position(file: "tandem.local.yml", line: 1, column: 5))
        )
        #expect(configuration.git.value == .push)
        #expect(configuration.usesGitignore.value == false)
        #expect(configuration.sync.count == 3)
        #expect(try read(whole, local: "") == read(whole))
    }

    @Test func `the effective configuration reads back to the same`() throws {
        let text = try read(whole).effective()
        #expect(text.contains("transport: exec  # tandem.yml:6:12\n"))
        #expect(text.contains("    mode: two-way  # default\n"))
        #expect(text.contains("  max-file: 2GiB  # tandem.yml:19:45\n"))
        let again = try read(text)
        #expect(again.effective().split(separator: "\n").count == text.split(separator: "\n").count)
        #expect(again.sync.map(\.from.value) == (try read(whole)).sync.map(\.from.value))
        #expect(again.patterns.map(\.value) == ["*.log", "b & c"])
        #expect(again.maximumFile?.value == 2 << 30)
    }

    @Test func `the digest is of the bytes, so a comment counts`() {
        let one = Configuration.digest(of: Array(least.utf8))
        #expect(one == ContentHasher.digest(of: Array(least.utf8)))
        #expect(one != Configuration.digest(of: Array((least + "#").utf8)))
    }

    // MARK: Messages

    @Test(arguments: [
        (
            "version: 1\nvm: v\ncontianer: x\nsync: [{from: ., to: /a}]",
            #"tandem.yml:3:1: unknown key "contianer"; did you mean "container"?"#
        ),
        (
            "version: 1\nvm: v\nsync:\n  - {from: ., to: /a, speed: 1}",
            #"tandem.yml:4:23: unknown key "speed"; known here: from, to, mode"#
        ),
        (
            "version: 1\nvm: 12\nsync: [{from: ., to: /a}]",
            "tandem.yml:2:5: vm must be text (in quotes where it looks like a number or a truth "
                + "value)"
        ),
        (
            "version: 2\nvm: v\nsync: [{from: ., to: /a}]", "tandem.yml:1:10: version must be 1"
        ),
        (
            "version: 1\nvm: v\nsync: {from: ., to: /a}", "tandem.yml:3:7: sync must be a list"
        ),
        (
            "version: 1\nvm: v\nsync: [/a]",
            "tandem.yml:3:8: an element of sync must be keys with values"
        ),
        (
            "version: 1\nvm: v\nsync: [{from: ., to: /a, mode: both}]",
            "tandem.yml:3:32: mode must be one of two-way, push, mirror, pull, off"
        ),
        (
            "version: 1\nvm: v\nignore: {gitignore: maybe}\nsync: [{from: ., to: /a}]",
            "tandem.yml:3:21: gitignore must be true or false"
        ),
        (
            "version: 1\nvm: v\nlimits: {bandwidth: 20MB}\nsync: [{from: ., to: /a}]",
            "tandem.yml:3:21: bandwidth must be bytes a second, such as 20MB/s"
        ),
        (
            "version: 1\nvm: v\nlimits: {max-file: 99999999999GB}\nsync: [{from: ., to: /a}]",
            "tandem.yml:3:20: max-file must be a number of bytes, such as 2GB"
        ),
        (
            "version: 1\nvm: v\nvm: w\nsync: [{from: ., to: /a}]",
            #"tandem.yml:2:1: "vm" stands there more than once"#
        ),
        (
            "version: 1\nsync: [{to: /a}]",
            "tandem.yml:1:1: \"vm\" is missing\n"
                + "tandem.yml:2:8: \"from\" is missing in an element of sync"
        ),
        (
            "version: 1\nvm: v\nsync: []", "tandem.yml:3:7: sync needs at least one element"
        ),
        (
            "version: 1\nvm: v\nsync: [{from: ../x, to: /a}, {from: /x, to: /a}]",
            "tandem.yml:3:15: from must be a path below this directory, without .. and //\n"
                + "tandem.yml:3:37: from must be a path below this directory, without .. and //"
        ),
        (
            "version: 1\nvm: v\nsync: [{from: ., to: app}]",
            "tandem.yml:3:22: to must be an absolute path on the vm, without .. and //"
        ),
        (
            "version: 1\nvm: v\nsync: [{from: ., to: /}, {from: a, to: /a}, {from: a/, to: /b}]",
            "tandem.yml:3:52: from stands at tandem.yml:3:33 already"
        ),
        (
            "version: 1\nname: -x\nvm: v\nsync: [{from: ., to: /a}]",
            "tandem.yml:2:7: name must be of letters, digits, - _ and ., 64 at most, and begin "
                + "with a letter or digit"
        ),
        (
            "version: 1\nvm: [\n",
            "tandem.yml:3:1: not valid YAML: did not find expected node content"
        ),
        ("- a", "tandem.yml:1:1: the file must be keys with values"),
        (
            "",
            "tandem.yml:1:1: \"version\" is missing\ntandem.yml:1:1: \"vm\" is missing\n"
                + "tandem.yml:1:1: \"sync\" is missing"
        ),
        ("a: &x [1]\nb: *x", "tandem.yml:1:4: anchors (&name) are not taken; write the value out"),
        ("\u{1}", "tandem.yml:1:1: not valid YAML"),
    ])
    func `what is wrong is said with its place`(text: String, message: String) {
        #expect(problems(text) == message)
    }

    @Test func `all problems of both files are said, in order`() {
        let text = problems("version: x\nvmm: v\nsync: [{from: ., to: /a}]", local: "names: x")
        #expect(
            text == """
                tandem.local.yml:1:1: unknown key "names"; did you mean "name"?
                tandem.yml:1:10: version must be 1
                tandem.yml:2:1: unknown key "vmm"; did you mean "vm"?
                """
        )
    }

    @Test func `a file over 1 MiB or not of text is refused before it is parsed`() throws {
        let large = least + "#" + String(repeating: "x", count: 1 << 20)
        #expect(problems(large) == "tandem.yml:1:1: the file is over 1 MiB; a configuration is not")
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.read([0x61, 0xFF])
        }
        #expect(error?.description == "tandem.yml:1:1: the file is not UTF-8 text")
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func `deep nesting is refused, not followed`(opening: String) {
        #expect(problems(String(repeating: opening, count: 100_000)).hasPrefix("tandem.yml:"))
    }

    @Test func `an anchor cannot hide, whatever stands around it`() {
        let bomb = "a: [\"x # \", &a [\"y\"]]\nb: [*a, *a]\n"
        #expect(problems(bomb).contains("anchors (&name)"))
        #expect(problems("? &k a\n: 1").contains("anchors (&name)"))
        #expect(problems("- \"a\"&k b").contains("anchors (&name)"))
        #expect(problems("a:\u{2028}&k b").contains("anchors (&name)"))
        #expect(problems("!!str &k a: 1").contains("anchors (&name)"))
    }

    @Test func `an unknown key cannot drive the terminal`() {
        #expect(!problems("\"\\e[31m\": 1").contains("\u{1B}"))
    }

    // MARK: Schema

    @Test func `the schema is valid JSON and knows every key`() throws {
        let data = Data(ConfigurationSchema.json.utf8)
        let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(schema["additionalProperties"] as? Bool == false)
        #expect(schema["required"] as? [String] == ["version", "vm", "sync"])
        let properties = try #require(schema["properties"] as? [String: Any])
        #expect(
            properties.keys.sorted() == [
                "container", "hooks", "identity", "ignore", "limits", "logs", "name", "safety",
                "snapshots", "sync", "transport", "verify", "version", "vm", "workload",
            ]
        )
        let sync = try #require(properties["sync"] as? [String: Any])
        let items = try #require(sync["items"] as? [String: Any])
        #expect(items["required"] as? [String] == ["from", "to"])
    }
}
