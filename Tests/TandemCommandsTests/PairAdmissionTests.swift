import Testing

@testable import TandemCommands

struct PairAdmissionTests {
    private let playground: Playground
    private let destination = Destination(host: "devvm", path: "/app")
    private let connection = ConnectionSettings(transport: .exec)

    init() throws {
        playground = try Playground()
    }

    private func decide(
        _ pairs: [PairEntry],
        root: String,
        destination: Destination? = nil,
        connection: ConnectionSettings? = nil,
        name: String? = nil,
        own: [String] = []
    ) throws -> PairAdmission.Decision {
        try PairAdmission(pairs: pairs, ownDirectories: own).decide(
            root: root,
            destination: destination ?? self.destination,
            connection: connection ?? self.connection,
            name: name
        )
    }

    @Test func `a new root takes its directory's name`() throws {
        let root = try playground.make("My Shop")
        #expect(try decide([], root: root) == .new(name: "My-Shop"))
        #expect(try decide([], root: root, name: "shop") == .new(name: "shop"))
    }

    @Test func `a taken name gets a number`() throws {
        let pairs = [try playground.entry("shop")]
        let root = try playground.make("other/shop")
        #expect(try decide(pairs, root: root) == .new(name: "shop-2"))
    }

    @Test func `the same two again are the same pair`() throws {
        let entry = try playground.entry("shop")
        #expect(try decide([entry], root: entry.root) == .known(entry))
        var changed = entry
        changed.connection = ConnectionSettings(transport: .streamlocal, socket: "/run/x.sock")
        #expect(
            try decide([entry], root: entry.root, connection: changed.connection)
                == .reconnect(changed)
        )
    }

    @Test func `a root has one vm`() throws {
        let entry = try playground.entry("shop")
        let other = Destination(host: "other", path: "/app")
        let error = #expect(throws: CommandError.self) {
            try decide([entry], root: entry.root, destination: other)
        }
        #expect(error?.code == .configuration)
    }

    @Test func `a root inside another, or around it, is refused`() throws {
        let entry = try playground.entry("shop")
        let inside = try playground.make("shop/src")
        for root in [inside, playground.directory] {
            let error = #expect(throws: CommandError.self) { try decide([entry], root: root) }
            #expect(error?.code == .configuration)
            #expect(error?.place == entry.root)
        }
    }

    @Test func `tandem's own directories may not lie in a root`() throws {
        let root = try playground.make("shop")
        let error = #expect(throws: CommandError.self) {
            try decide([], root: root, own: ["\(root)/.state/tandem"])
        }
        #expect(error?.what.contains("tandem's own files") == true)
    }

    @Test(arguments: ["-n", ".x", "", "a b", "a/b", "ä", String(repeating: "a", count: 65)])
    func `what is no name is refused`(_ name: String) throws {
        let root = try playground.make("shop")
        let error = #expect(throws: CommandError.self) { try decide([], root: root, name: name) }
        #expect(error?.code == .usage)
    }
}
