import Glibc
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

/// What a crashed batch is said to have done.
struct StandingChangesTests {
    private static let done: [Difference] = [
        Difference(path: "a", old: .content("old a"), new: .content("new a")),
        Difference(path: "dir", old: nil, new: .directory),
        Difference(path: "dir/f", old: nil, new: .content("f")),
        Difference(path: "gone", old: .content("gone"), new: nil),
        Difference(path: "gone too/f", old: .content("f"), new: nil),
        Difference(path: "link", old: nil, new: .link(to: Array("a".utf8))),
    ]
    private static let undone: [Difference] = [
        Difference(path: "b", old: .content("old b"), new: .content("new b")),
        Difference(path: "c", old: nil, new: .content("c")),
        Difference(path: "dir/run", old: nil, new: .content("run")),
        Difference(path: "missing/f", old: nil, new: .content("f")),
        Difference(path: "there", old: .content("there"), new: nil),
    ]

    @Test func `what stands is told from what does not, by content`() throws {
        let fixture = try ApplyFixture([
            "a": "new a", "b": "old b", "dir": ["f": "f", "run": .program("run")],
            "link": .link("a"), "there": "there",
        ])
        let found = try standing(
            Self.done + Self.undone,
            in: fixture.root,
            of: RealFileSystem()
        )
        #expect(found == Self.done)
    }

    @Test(.tags(.fault)) func `nothing is said to stand that could not be made durable`() throws {
        let fixture = try ApplyFixture(["a": "new a"])
        fixture.faulty.reset(faults: [Fault(.only([.syncFileSystem]), .at(0), .fail(EIO))])
        #expect(throws: ApplyError.self) {
            try standing(Self.done, in: fixture.root, of: fixture.faulty)
        }
    }
}
