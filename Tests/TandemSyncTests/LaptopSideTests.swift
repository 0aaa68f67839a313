import Dispatch
import TandemFiles
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSync

struct LaptopSideTests {
    @Test(.tags(.regression))
    func `a watch that does not answer in time is made up for by a look at everything`() throws {
        let fixture = try PairFixture()
        let side = try Self.side(of: fixture)
        defer { side.close() }
        try side.scanAll(progress: { _ in })
        try fixture.laptop.put("one", at: "a.txt")
        // Else a flush waits for an event that may never come.
        _ = try side.drain(until: .now() - .seconds(1))
        let path = RelativePath(trusted: Array("a.txt".utf8))
        #expect(side.laptop.tree.state(at: path)?.kind == .file)
    }

    @Test(.tags(.regression))
    func `a root that was emptied while nobody looked is empty at the first look`() throws {
        let fixture = try PairFixture()
        try fixture.laptop.makeDirectory("directory")
        try fixture.laptop.write("one", to: "directory/file")
        try fixture.laptop.write("one", to: "file")
        let before = try Self.side(of: fixture)
        try before.scanAll(progress: { _ in })
        before.close()
        try fixture.laptop.remove("directory")
        try fixture.laptop.remove("file")
        let side = try Self.side(of: fixture)
        defer { side.close() }
        try side.scanAll(progress: { _ in })
        // With the file still in doubt it would pass for a root that somebody took a part of.
        #expect(side.entries == 0)
    }

    private static func side(of fixture: PairFixture) throws -> LaptopSide {
        try LaptopSide(
            pair: fixture.pair,
            settings: LiveSettings(),
            fileSystem: RealFileSystem(),
            notice: { _ in }
        )
    }
}
