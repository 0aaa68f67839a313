import Foundation
import TandemConfiguration
import TandemTestSupport
import TandemTree
import Testing

/// What stands in the sections beside vm and sync, and what of it is refused.
struct ConfigurationSectionsTests {
    private let least = "version: 1\nvm: v\nsync: [{from: ., to: /app}]\n"

    private func read(_ text: String, local: String? = nil) throws -> Configuration {
        try Configuration.read(Array(text.utf8), local: local.map { Array($0.utf8) })
    }

    private func problems(_ text: String, local: String? = nil) -> [String] {
        do {
            _ = try read(text, local: local)
            return []
        } catch let error as ConfigurationError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `the page's example is right, and every part of it is read`() throws {
        let page = try Page.configuration
        let example = try #require(page.blocks(of: "yaml").first)
        let local = try #require(page.blocks(of: "yaml").dropFirst().first)
        let configuration = try read(example, local: local)
        #expect(configuration.modes.map(\.mode) == [.twoWay, .off, .pull, .push])
        #expect(configuration.mode(of: "dist/app.js") == .pull)
        #expect(configuration.mode(of: "distant") == .twoWay)
        let expected = IgnoreSettings(
            git: .push,
            patterns: ["*.sqlite", "!keep.log"],
            garbagePatterns: ["*.tmp"]
        )
        #expect(configuration.ignoreSettings == expected)
        #expect(configuration.workload?.container.value == "app")
        #expect(configuration.workload?.directory?.value == "/app")
        #expect(configuration.hooks.map(\.on.value) == [.vm, .laptop])
        #expect(configuration.hooks[0].when.map(\.value) == ["package.json", "package-lock.json"])
        #expect(configuration.hooks.map(\.timeout.value) == [120, 600])
        #expect(configuration.snapshots.every?.value == 3600)
        #expect(configuration.snapshots.hourly?.value == 24)
        #expect(configuration.snapshots.before?.map(\.value) == [.firstSync, .reset])
        #expect(configuration.logs.size?.value == 10_000_000)
        #expect(configuration.logs.age?.value == 14 * 86_400)
        #expect(
            configuration.withoutEffect.map(\.what) == [
                "logs: every daemon keeps its own limits (docs/LOGS.md), so this has no effect"
            ]
        )
    }

    @Test func `an empty list of acts has the place it was written at for its origin`() throws {
        let text = "version: 1\nvm: a\nsync: [{from: ., to: /app}]\nsnapshots: {before: []}\n"
        let values = try Configuration.read(Array(text.utf8)).effectiveValues()
        let before = values.first { $0.key == "snapshots.before" }
        #expect(before?.value == "[]" && before?.origin == "tandem.yml:4:21", "\(values)")
    }

    @Test func `how many of the newest are kept stands beside the other words`() throws {
        let text = "version: 1\nvm: a\nsync: [{from: ., to: /app}]\nsnapshots: {keep: {last: 3}}\n"
        let configuration = try Configuration.read(Array(text.utf8))
        #expect(configuration.snapshots.last?.value == 3)
        let values = configuration.effectiveValues()
        #expect(values.first { $0.key == "snapshots.keep.last" }?.value == "3", "\(values)")
    }

    @Test func `the page has the table of keys, and the schema beside it is the printed one`()
        throws
    {
        let page = try Page.configuration
        let hasTable = page.text.contains(ConfigurationSchema.reference)
        #expect(hasTable, "\(ConfigurationSchema.reference)")
        let shipped = try Page.read("docs/tandem.schema.json")
        #expect(
            shipped == ConfigurationSchema.json,
            "tandem config schema > docs/tandem.schema.json"
        )
    }

    @Test(arguments: [
        (
            "sync: [{from: src, to: /app/src}]",
            "tandem.yml:3:7: sync needs an element with from: . (the pair's root); what shall stay "
                + "where it is gets mode: off"
        ),
        (
            "sync: [{from: ., to: /app}, {from: src, to: /srv/src}]",
            "tandem.yml:3:45: to must be /app/src: the lines of one file are one pair, and a path "
                + "has the same place below both roots; pair another place from its own directory"
        ),
        (
            "sync: [{from: ., to: /app}]\nignore: {patterns: [\"a\\nb\"]}",
            "tandem.yml:4:21: a pattern is one line, without control characters"
        ),
        (
            "sync: [{from: ., to: /app}]\nhooks: [{on: laptop, run: id}]",
            "tandem.yml:4:14: a hook on the laptop stands in tandem.local.yml, which is never "
                + "synced: nobody else can then run anything here"
        ),
        (
            "sync: [{from: ., to: /app}]\nhooks: [{on: vm, run: id}]",
            "tandem.yml:4:14: a hook on the vm runs in the workload container: add `workload: { "
                + "container: NAME }`"
        ),
        (
            "sync: [{from: ., to: /app}]\nhooks: [{run: id}]",
            "tandem.yml:4:9: \"on\" is missing in an element of hooks"
        ),
        (
            "sync: [{from: ., to: /app}]\nworkload: {container: \"-x\"}",
            "tandem.yml:4:23: container must be a container's name, as `podman ps` has it"
        ),
        (
            "sync: [{from: ., to: /app}]\nworkload: {container: a, directory: app}",
            "tandem.yml:4:37: directory must be an absolute path in the container, without .. and //"
        ),
        (
            "sync: [{from: ., to: /app}]\nsnapshots: {every: 5}",
            "tandem.yml:4:20: every must be a time span, such as 90s or 1h30m"
        ),
        (
            "sync: [{from: ., to: /app}]\nsnapshots: {every: 3m1h}",
            "tandem.yml:4:20: every must be a time span, such as 90s or 1h30m"
        ),
        (
            "sync: [{from: ., to: /app}]\nsnapshots: {before: [lunch]}",
            "tandem.yml:4:22: an element of before must be one of first-sync, reset, "
                + "mass-deletion, garbage-clean"
        ),
        (
            "sync: [{from: ., to: /app}]\nsnapshots: {before-acts: always}",
            "tandem.yml:4:26: before-acts must be one of wanted, required"
        ),
        (
            "sync: [{from: ., to: /app}]\nverify: {containers: [{name: a, ports: [\"x:1\"]}]}",
            "tandem.yml:4:41: a port is written as 127.0.0.1:8081:8080"
        ),
        (
            "sync: [{from: ., to: /app}]\nverify: {containers: [{name: a, mounts: [a:b:rw]}]}",
            "tandem.yml:4:42: a mount is written as SOURCE:DESTINATION:rw"
        ),
        (
            "sync: [{from: ., to: /app}]\nverify: {containers: [{restart: sometimes}]}",
            "tandem.yml:4:33: restart must be one of reboot, always, unless-stopped, any"
        ),
        (
            "sync: [{from: ., to: /app}]\nverify: {containers: [{image: a}]}",
            "tandem.yml:4:23: \"name\" is missing in an element of containers"
        ),
        (
            "sync: [{from: ., to: /app}]\nverify: {podman: [], max-garbage: -1}",
            "tandem.yml:4:35: max-garbage must be a number from 0 to 1000000"
        ),
        (
            "sync: [{from: ., to: /app}]\nverify: {podman: []}",
            "tandem.yml:4:18: podman needs at least one word"
        ),
        (
            "sync: [{from: ., to: /app}]\nverify: {max-garbag: 1}",
            "tandem.yml:4:10: unknown key \"max-garbag\"; did you mean \"max-garbage\"?"
        ),
        (
            "sync: [{from: ., to: /app}]\nlogs: {dir: logs}",
            "tandem.yml:4:13: dir must be an absolute path on the vm, without .. and //"
        ),
    ])
    func `what has no meaning is refused with its place`(rest: String, problem: String) {
        #expect(problems("version: 1\nvm: v\n" + rest) == [problem])
    }

    @Test func `what verify expects is one JSON object, and prints as it was read`() throws {
        let text =
            least + """
                snapshots: {before: [reset], before-acts: required}
                verify:
                  containers:
                    - { name: app, on: vm, ports: ["127.0.0.1:8081:8080"], capabilities: [] }
                    - { name: db, required: false }
                  processes: ["python*"]
                  logs: [{ on: vm, directory: ~/logs, max-file: 1MB, max-files: 3 }]
                  max-garbage: 4
                """
        let configuration = try read(text)
        #expect(configuration.snapshots.beforeActs?.value == .required)
        let json = try #require(configuration.verify?.json)
        #expect(
            json == #"{"containers":[{"capabilities":[],"name":"app","on":"vm","ports":"#
                + #"["127.0.0.1:8081:8080"]},{"name":"db","required":false}],"#
                + #""logs":[{"directory":"~/logs","max-file":1000000,"max-files":3,"on":"vm"}],"#
                + #""max-garbage":4,"processes":["python*"]}"#
        )
        let printed = configuration.effective()
        #expect(try read(printed).verify?.json == json, "\(printed)")
        let values = configuration.effectiveValues()
        #expect(
            values.contains { $0.key == "verify.containers.2.name" && $0.origin.hasSuffix("8:15") },
            "\(values.map { "\($0.key) \($0.origin)" })"
        )
        let local = try read(text, local: "verify: {max-garbage: 9, processes: []}\n")
        #expect(local.verify?.json.contains(#""max-garbage":9,"processes":[]"#) == true)
    }

    @Test(arguments: ["/app/src", "/app/src/"])
    func `a path below the root may say its place on the vm`(to: String) throws {
        let configuration = try read(
            "version: 1\nvm: v\nsync: [{from: ., to: /app/}, {from: src, to: \(to), mode: pull}]"
        )
        #expect(configuration.mode(of: "src/a") == .pull)
    }

    @Test func `a person's own hooks come after the project's`() throws {
        let shared = least + "workload: {container: box}\nhooks: [{on: vm, run: one}]\n"
        let own = "hooks: [{on: laptop, run: two}, {on: vm, run: three}]\n"
        let hooks = try read(shared, local: own).hooks
        #expect(hooks.map(\.run.value) == ["one", "two", "three"])
        #expect(
            hooks.map(\.on.position?.file) == [
                "tandem.yml", "tandem.local.yml", "tandem.local.yml",
            ]
        )
    }

    @Test func `what holds is told value by value, with its origin`() throws {
        let text =
            least + "workload: {container: box}\nignore: {patterns: [\"a  # b\", c]}\n"
            + "hooks: [{on: vm, run: one, when: [\"*.c\"]}, {on: vm, run: two}]\n"
        let values = try read(text).effectiveValues()
        func value(_ key: String) -> String? {
            values.first { $0.key == key }.map { "\($0.value) \($0.origin)" }
        }
        #expect(value("vm") == "\"v\" tandem.yml:2:5")
        #expect(value("sync.1.mode") == "two-way default")
        #expect(value("ignore.gitignore") == "true default")
        #expect(value("ignore.patterns.1") == "\"a  # b\" tandem.yml:5:21")
        #expect(value("hooks.1.when.1") == "\"*.c\" tandem.yml:6:35")
        #expect(value("hooks.2.run") == "\"two\" tandem.yml:6:58")
        #expect(value("hooks.2.timeout") == "10m default")
    }
}

/// A page of the documentation.
struct Page {
    let text: String

    static var configuration: Page { get throws { Page(text: try read("docs/CONFIGURATION.md")) } }

    static func read(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../..").standardized
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The fenced blocks in one language, in order.
    func blocks(of language: String) -> [String] {
        text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
    }
}
