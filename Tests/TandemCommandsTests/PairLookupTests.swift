import Foundation
import Testing

@testable import TandemCommands

struct PairLookupTests {
    private let playground: Playground

    init() throws {
        playground = try Playground()
    }

    private func lookup(_ pairs: [PairEntry], at directory: String? = nil) -> PairLookup {
        PairLookup(
            pairs: pairs,
            currentDirectory: directory ?? playground.directory,
            home: playground.directory
        )
    }

    @Test func `a name chooses its pair`() throws {
        let pairs = [try playground.entry("shop"), try playground.entry("notes")]
        #expect(try lookup(pairs).choose("notes").name == "notes")
    }

    @Test func `a directory inside a root chooses its pair`() throws {
        let pairs = [try playground.entry("shop"), try playground.entry("notes")]
        let inside = try playground.make("notes/a/b")
        #expect(try lookup(pairs, at: inside).choose(nil).name == "notes")
        #expect(try lookup(pairs).choose("notes/a").name == "notes")
        #expect(try lookup(pairs).choose("~/shop").name == "shop")
    }

    @Test func `a root's name is not taken for its neighbour's`() throws {
        let pairs = [try playground.entry("shop"), try playground.entry("shop-2")]
        let inside = try playground.make("shop-2/src")
        #expect(try lookup(pairs, at: inside).choose(nil).name == "shop-2")
    }

    @Test func `the way through a link leads to the same root`() throws {
        let pairs = [try playground.entry("shop"), try playground.entry("notes")]
        let link = "\(playground.directory)/link"
        try FileManager.default.createSymbolicLink(
            atPath: link,
            withDestinationPath: "\(playground.directory)/notes"
        )
        #expect(try lookup(pairs, at: link).choose(nil).name == "notes")
    }

    @Test func `the only pair needs no name`() throws {
        #expect(try lookup([try playground.entry("shop")]).choose(nil).name == "shop")
    }

    @Test func `several pairs need a name, and the message lists them`() throws {
        let pairs = [try playground.entry("shop"), try playground.entry("notes")]
        let error = #expect(throws: CommandError.self) { try lookup(pairs).choose(nil) }
        #expect(error?.code == .usage)
        #expect(error?.place == "the pairs: notes, shop")
    }

    @Test func `no pair at all says how to make one`() {
        let error = #expect(throws: CommandError.self) { try lookup([]).choose("shop") }
        #expect(error?.code == .configuration)
        #expect(error?.next?.contains("tandem pair") == true)
    }

    @Test func `an unknown name is refused, also where there is one pair`() throws {
        let pairs = [try playground.entry("shop")]
        let error = #expect(throws: CommandError.self) { try lookup(pairs).choose("shpo") }
        #expect(error?.code == .configuration)
    }
}
