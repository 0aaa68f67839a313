import Foundation
import TandemConfiguration
import Testing

@testable import TandemCommands

struct ProjectFileTests {
    private let playground: Playground
    private let record = ConsoleRecord()

    init() throws {
        playground = try Playground()
    }

    @Test func `init writes a file that pair takes, once`() throws {
        let root = try playground.make("shop")
        let catalogue = MemoryCatalogue()
        var context = playground.context(record, catalogue: catalogue)
        context.currentDirectory = root
        let arguments = ["init", "ssh://me@devvm:2222/srv/app", "--container", "box"]
        #expect(CommandProgram.run(arguments, in: context) == .done, "\(record.errors)")
        let text = try String(contentsOf: URL(filePath: "\(root)/tandem.yml"), encoding: .utf8)
        try Golden.check(text, "tandem.yml")
        #expect(CommandProgram.run(arguments, in: context) == .configuration)
        #expect(record.errors.contains("is there already"))
        #expect(CommandProgram.run(["pair"], in: context) == .done, "\(record.errors)")
        let entry = try #require(catalogue.pairs().first)
        #expect(entry.name == "shop")
        #expect(entry.root == root)
        #expect(
            entry.destination
                == Destination(user: "me", host: "devvm", port: 2222, path: "/srv/app")
        )
        #expect(entry.connection.execCommand == "podman exec -i box tandem-receiver connect")
    }

    @Test(arguments: [
        "    mode: push\nlimits: {bandwidth: 1MB/s}", "    mode: push\nlimits: {max-file: 1GB}",
    ])
    func `what the file asks for and is not done is refused`(_ rest: String) throws {
        let text = "version: 1\nvm: devvm\nsync:\n  - from: .\n    to: /app\n\(rest)\n"
        let configuration = try Configuration.read(Array(text.utf8))
        let error = #expect(throws: CommandError.self) { try ProjectFile(configuration) }
        #expect(error?.code == .configuration)
        #expect(error?.what.contains("this version does not do") == true)
    }

    @Test func `no file, and a wrong one, are explained`() throws {
        var context = playground.context(record)
        #expect(CommandProgram.run(["pair"], in: context) == .usage)
        #expect(record.errors.contains("there is no tandem.yml"))
        let root = try playground.make("wrong")
        try Data("version: 1\nvn: devvm\n".utf8).write(to: URL(filePath: "\(root)/tandem.yml"))
        context.currentDirectory = root
        #expect(CommandProgram.run(["pair"], in: context) == .configuration)
        #expect(record.errors.contains("tandem.yml:2:1"))
    }
}
