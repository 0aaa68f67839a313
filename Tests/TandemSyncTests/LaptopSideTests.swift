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
        let side = try LaptopSide(
            pair: fixture.pair,
            settings: LiveSettings(),
            fileSystem: RealFileSystem(),
            notice: { _ in }
        )
        defer { side.close() }
        try side.scanAll(progress: { _ in })
        try fixture.laptop.put("one", at: "a.txt")
        // Else a flush waits for an event that may never come.
        _ = try side.drain(until: .now() - .seconds(1))
        let path = RelativePath(trusted: Array("a.txt".utf8))
        #expect(side.laptop.tree.state(at: path)?.kind == .file)
    }
}
