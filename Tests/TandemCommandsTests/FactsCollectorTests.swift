import Foundation
import TandemManagement
import TandemTestSupport
import Testing

@testable import TandemCommands

/// The real script by the real `sh`, about a directory with names that a shell must not read.
struct FactsCollectorTests {
    private static let patterns = ["__pycache__/", "*.pyc", "it's $(x)/", ".DS_Store"]

    private func facts(
        root: String,
        logs: String,
        podman: [String] = ["no-such-podman"]
    ) throws -> MachineFacts {
        var expectation = VerifyExpectation(containers: [], logs: [.init(on: .vm, logs)])
        expectation.podman = podman
        expectation.protectedPatterns = Self.patterns
        expectation.versions = [
            .init("odd", command: ["printf", "%s", "a 'b' $(c)\n"]),
            .init("none", command: ["no-such-program"]),
        ]
        return try FactsCollector(.vm, name: "vm", root: root, expectation: expectation)
            .collect(by: LocalShell())
    }

    private func makeRoot() throws -> TemporaryDirectory {
        let root = try TemporaryDirectory()
        for folder in ["it's \"a\" $(touch x)/__pycache__", "l", "b\nc", "node_modules/m"] {
            try FileManager.default.createDirectory(
                atPath: root.path(folder),
                withIntermediateDirectories: true
            )
        }
        try root.write("123", to: "it's \"a\" $(touch x)/__pycache__/d.pyc")
        try root.write("12", to: "b\nc/e.pyc")
        try root.write("1", to: "tracked.pyc")
        try root.write("1", to: "node_modules/m/not-looked-at.pyc")
        try FileManager.default.createSymbolicLink(
            atPath: root.path("l/link.pyc"),
            withDestinationPath: "../tracked.pyc"
        )
        return root
    }

    @Test func `odd names are counted, and no name is run`() throws {
        let root = try makeRoot()
        try root.write("__pycache__/\n*.pyc\n!tracked.pyc\nit's $(x)/\n", to: ".gitignore")
        try Command.run("git", ["init", "--quiet", root.url.path])
        try Command.run("git", ["-C", root.url.path, "add", "--force", "tracked.pyc"])
        let facts = try facts(root: root.url.path, logs: "l")
        #expect(facts.system.value == "Linux")
        let garbage = try #require(facts.garbage.value, "\(facts.garbage)")
        #expect(garbage.map(\.kind) == ["*.pyc", "__pycache__"])
        // The link counts as itself, and what git tracks not at all.
        #expect(garbage.map(\.entries) == [2, 1])
        #expect(garbage.last?.bytes == 3)
        let git = try #require(facts.git.value, "\(facts.git)")
        #expect(git.tracked == ["tracked.pyc"])
        #expect(git.protection["*.pyc"]??.hasSuffix("*.pyc") == true)
        #expect(git.protection["it's $(x)/"]??.contains(".gitignore:4:") == true)
        #expect(git.protection[".DS_Store"] == .some(nil))
        #expect(!FileManager.default.fileExists(atPath: root.path("x")))
    }

    @Test func `what is missing is unknown, and says why`() throws {
        let root = try makeRoot()
        let facts = try facts(root: root.url.path, logs: "no-such-directory")
        #expect(facts.containers.value == nil)
        #expect(facts.containers.reason.contains("not found"), "\(facts.containers.reason)")
        #expect(facts.logs["no-such-directory"]?.reason == "no such directory")
        #expect(facts.versions["odd"]?.value == "a 'b' $(c)")
        #expect(facts.versions["none"]?.value == nil)
        #expect(facts.git.value == GitFacts(isRepository: false))
        let gone = try self.facts(root: root.path("gone"), logs: "l")
        #expect(gone.garbage.value == nil && gone.git.value == nil)
    }

    @Test func `this process is on the list, with its file and arguments`() throws {
        let root = try makeRoot()
        let facts = try facts(root: root.url.path, logs: "l")
        let own = try #require(facts.processes.value?.first { $0.pid == getpid() })
        #expect(own.executable == LocalPath.resolved("/proc/self/exe"))
        #expect(own.arguments.first == CommandLine.arguments.first)
        #expect(own.isPlaced && own.container == nil)
    }

    @Test func `a path in a container is looked at where it is mounted from`() throws {
        let root = try makeRoot()
        let program = try root.write(
            "#!/bin/sh\ncase \"$*\" in *range*) printf '/app\\t\(root.url.path)\\n' ;; esac\n",
            to: "podman"
        )
        try Command.run("chmod", ["755", program])
        var expectation = VerifyExpectation(containers: [], logs: [])
        expectation.podman = ["sh", program]
        let facts = try FactsCollector(
            .vm,
            name: "vm",
            root: "/app",
            container: "receiver",
            expectation: expectation
        ).collect(by: LocalShell())
        #expect(facts.garbage.value?.map(\.kind) == ["*.pyc", "__pycache__"], "\(facts.garbage)")
    }
}
