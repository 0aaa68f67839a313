import Foundation
import TandemFiles
import TandemProtocol
import TandemStore
import TandemSync
import TandemSystem
import Testing

@testable import TandemCommands

/// The commands with the real engine and store, and a receiver in this process.
struct EndToEndTests {
    /// Makes links to a receiver that serves a directory beside the playground's others.
    private struct ReceiverDialer: LinksOnly {
        let endpoint: ReceiverEndpoint

        init(root: String, state: String, versions: VersionRange = .own) {
            endpoint = ReceiverEndpoint(
                settings: .init(
                    root: root,
                    stateDirectory: state,
                    receiverText: "test receiver",
                    versions: versions
                ),
                fileSystem: RealFileSystem(),
                log: { _ in }
            )
        }

        func connector(
            to destination: Destination,
            _ settings: ConnectionSettings,
            trust: HostTrust
        ) throws -> @Sendable () throws -> any ByteLink {
            {
                let (near, far) = try DescriptorLink.pair()
                WorkerThread.start("test-receiver") { endpoint.serve(far) }
                return near
            }
        }
    }

    private let playground: Playground
    private let dialer: ReceiverDialer
    private let laptop: String
    private let vm: String

    init() throws {
        playground = try Playground()
        laptop = try playground.make("shop")
        vm = try playground.make("vm")
        let state = try playground.make("vm-state")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: state)
        dialer = ReceiverDialer(root: vm, state: state)
    }

    private func tandem(_ arguments: String...) -> Playground.End {
        playground.tandem(arguments, dialer: dialer)
    }

    private func write(_ text: String, to path: String, on side: String) throws {
        try writeFile(text, to: path, on: side)
    }

    private func read(_ path: String, on side: String) -> String? {
        try? String(contentsOf: URL(filePath: "\(side)/\(path)"), encoding: .utf8)
    }

    @Test func `a pair is made, planned, pushed and shown`() throws {
        try write("hello", to: "src/a.txt", on: laptop)
        let paired = tandem("pair", laptop, "devvm:/app")
        #expect(paired.code == .done, "\(paired.errors)")
        #expect(paired.output.contains("test receiver, protocol 1"))
        #expect(tandem("pair", laptop, "devvm:/app").output.hasPrefix("paired already as shop"))
        let plan = tandem("plan")
        #expect(plan.code == .done)
        #expect(plan.output.contains("would push 2 changes, 5 B to devvm:/app\n"))
        #expect(plan.output.contains("A  src/a.txt\n"))
        #expect(read("src/a.txt", on: vm) == nil)
        let push = tandem("push")
        #expect(push.code == .done, "\(push.errors)")
        #expect(push.output.hasPrefix("in sync: pushed 2 changes, 5 B; 2 entries, tree "))
        #expect(read("src/a.txt", on: vm) == "hello")
        #expect(tandem("plan").output.hasPrefix("in sync: 2 entries"))
        #expect(tandem("status").output.contains("was in sync just now"))
        #expect(tandem("doctor").code == .done)
    }

    @Test func `a receiver of another version is refused with the step that helps`() throws {
        try write("hello", to: "a.txt", on: laptop)
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        let range = try #require(VersionRange(lowest: 2, highest: 3))
        let state = dialer.endpoint.settings.stateDirectory
        let newer = ReceiverDialer(root: vm, state: state, versions: range)
        for command in ["push", "plan"] {
            let end = playground.tandem([command], dialer: newer)
            #expect(end.code == .configuration)
            #expect(end.errors.contains("the laptop speaks protocol 1, the vm 2 to 3: upgrade"))
            #expect(end.errors.contains("next: install the vm's version on the laptop"))
            #expect(!end.errors.contains("the same version on both sides"))
        }
        #expect(read("a.txt", on: vm) == nil)
    }

    @Test func `what both sides changed is left alone, listed and remembered`() throws {
        try write("base", to: "a.txt", on: laptop)
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        #expect(tandem("push").code == .done)
        try write("laptop's", to: "a.txt", on: laptop)
        try write("the vm's own", to: "a.txt", on: vm)
        let push = tandem("push")
        #expect(push.code == .attention, "\(push.errors)")
        #expect(push.output.contains("1 left alone as conflicts:\n  a.txt  both sides changed it"))
        #expect(read("a.txt", on: vm) == "the vm's own")
        let status = tandem("status")
        #expect(status.code == .attention)
        #expect(status.output.contains("attention: 1 conflict"))
    }

    @Test func `a mass deletion halts, and goes on when its number is accepted`() throws {
        for number in 0..<30 { try write("x\(number)", to: "f\(number)", on: laptop) }
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        #expect(tandem("push").code == .done)
        for number in 1..<30 {
            try FileManager.default.removeItem(atPath: "\(laptop)/f\(number)")
        }
        let halted = tandem("push")
        #expect(halted.code == .halted)
        #expect(halted.errors.contains("--accept-delete=29"))
        #expect(read("f7", on: vm) == "x7")
        #expect(tandem("status").code == .halted)
        #expect(tandem("push", "--accept-delete=29").code == .done)
        #expect(read("f7", on: vm) == nil)
        #expect(read("f0", on: vm) == "x0")
    }

    @Test func `what was deleted is listed by recover, and taken back`() throws {
        try write("old", to: "src/old.txt", on: laptop)
        try write("keep", to: "src/keep.txt", on: laptop)
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        #expect(tandem("push").code == .done)
        try FileManager.default.removeItem(atPath: "\(laptop)/src/old.txt")
        #expect(tandem("push").code == .done)
        let list = tandem("recover", "--json")
        #expect(list.code == .done, "\(list.errors)")
        let shelf = try JSONDecoder().decode(Shelf.self, from: Data(list.output.utf8))
        let item = try #require(shelf.items.first { $0.path == "src/old.txt" })
        let restored = tandem("recover", "restore", item.id, "--to", "back.txt")
        #expect(restored.code == .done, "\(restored.errors)")
        #expect(read("back.txt", on: vm) == "old")
        #expect(tandem("recover", "restore", item.id, "--to", "src/keep.txt").code != .done)
        #expect(read("src/keep.txt", on: vm) == "keep")
    }

    @Test func `after the laptop lost its archive only adopt goes on`() throws {
        try write("one", to: "a.txt", on: laptop)
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        #expect(tandem("push").code == .done)
        try write("two", to: "vm-only.txt", on: vm)
        let pairs = "\(playground.directory)/home/state/pairs"
        let pair = try #require(try FileManager.default.contentsOfDirectory(atPath: pairs).first)
        try FileManager.default.removeItem(atPath: "\(pairs)/\(pair)")
        #expect(tandem("push").code == .halted)
        #expect(tandem("adopt", "--yes").code == .done)
        let push = tandem("push")
        #expect(push.code == .done, "\(push.errors)")
        #expect(read("vm-only.txt", on: vm) == "two")
    }

    private struct Shelf: Decodable {
        struct Item: Decodable {
            var id: String
            var path: String
        }

        var items: [Item]
    }
}
