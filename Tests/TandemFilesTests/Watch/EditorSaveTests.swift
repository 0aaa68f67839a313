import Glibc
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

/// How editors save, call by call; the tree is refreshed after each, as if every moment were seen.
struct EditorSaveTests {
    /// One call of an editor.
    private enum Step: Sendable {
        case write(String, String)
        case empty(String)
        case append(String, String)
        case rename(String, String)
        case unlink(String)
        case link(String, String)
        case mode(String)
    }

    /// Taken from traces of the editors; the saved file is "doc", its new content "new text".
    private static let patterns: KeyValuePairs<String, [Step]> = [
        "vim, backup by rename": [
            .write("4913", ""), .unlink("4913"), .rename("doc", "doc~"), .empty("doc"),
            .append("doc", "new "), .append("doc", "text"), .mode("doc"), .unlink("doc~"),
        ],
        "vim, backup under a name that is not ignored": [
            .rename("doc", "doc.bak"), .empty("doc"), .append("doc", "new text"),
            .unlink("doc.bak"),
        ],
        "vim, backup by copy": [
            .write("doc~", "old text"), .empty("doc"), .append("doc", "new text"),
            .unlink("doc~"),
        ],
        "emacs": [
            .link(".#doc", "me@here.1"), .rename("doc", "doc~"), .empty("doc"),
            .append("doc", "new text"), .mode("doc"), .unlink(".#doc"),
        ],
        "JetBrains, safe write": [
            .write("doc___jb_tmp___", "new text"), .rename("doc", "doc___jb_old___"),
            .rename("doc___jb_tmp___", "doc"), .unlink("doc___jb_old___"),
        ],
        "write aside and rename": [
            .write(".doc.tmp1", "new text"), .mode(".doc.tmp1"), .rename(".doc.tmp1", "doc"),
        ],
        "remove and write anew": [
            .unlink("doc"), .empty("doc"), .append("doc", "new text"),
        ],
        "write in place": [.empty("doc"), .append("doc", "new text")],
    ]

    @Test(arguments: patterns.map(\.key))
    func `a save is never a deletion, nor an empty file`(name: String) throws {
        let time = ManualTime()
        let root = try WatchedRoot(time: time) { try $0.write("old text", to: "doc") }
        let steps = try #require(Self.patterns.first { $0.key == name }?.value)
        var found: [Difference] = []
        for step in steps {
            try perform(step, root.files)
            found += try root.look()
            time.advance(milliseconds: 3)
            found += try root.look()
        }
        for item in found where item.path == "doc" {
            #expect(item.new != nil, "the file was taken for deleted")
            #expect(item.new?.size != 0, "the file was taken for emptied")
        }
        time.advance(milliseconds: 100)
        try root.look()
        #expect(root.live.tree.state(at: "doc") == .content("new text"))
        #expect(root.live.tree.count == 1)
        #expect(root.live.doubted.isEmpty)
        try root.expectSame()
    }

    @Test func `a rules file that is being saved lets nothing through meanwhile`() throws {
        let time = ManualTime()
        let root = try WatchedRoot(time: time) {
            try $0.write("secret\n", to: ".gitignore")
            try $0.write("x", to: "secret")
        }
        let steps: [Step] = [
            .rename(".gitignore", "backup"), .empty(".gitignore"),
            .append(".gitignore", "secret\nmore\n"), .unlink("backup"),
        ]
        for step in steps {
            try perform(step, root.files)
            try root.look()
            #expect(root.live.tree.find("secret") == nil)
        }
        time.advance(milliseconds: 100)
        try root.look()
        #expect(root.live.tree.find("secret") == nil)
        try root.expectSame()
    }

    @Test func `a deletion is believed after a moment`() throws {
        let time = ManualTime()
        let root = try WatchedRoot(time: time) { try $0.write("text", to: "doc") }
        try perform(.unlink("doc"), root.files)
        #expect(try root.look().isEmpty)
        #expect(root.live.doubted == ["doc"])
        #expect(root.live.nextLook == time.monotonic + 2_000_000)
        time.advance(milliseconds: 29)
        #expect(try root.live.refresh([]).isEmpty)
        time.advance(milliseconds: 1)
        let gone = Difference(path: "doc", old: .content("text"), new: nil)
        #expect(try root.live.refresh([]) == [gone])
        #expect(root.live.doubted.isEmpty && root.live.nextLook == nil)
    }

    @Test func `emptying a file is believed after a moment`() throws {
        let time = ManualTime()
        let root = try WatchedRoot(time: time) { try $0.write("text", to: "doc") }
        try perform(.empty("doc"), root.files)
        #expect(try root.look().isEmpty)
        time.advance(milliseconds: 30)
        #expect(try root.live.refresh([]).first?.new == .content(""))
    }

    @Test func `a renamed file comes and goes in one step`() throws {
        let time = ManualTime()
        let root = try WatchedRoot(time: time) { try $0.write("text", to: "a") }
        try perform(.rename("a", "b"), root.files)
        #expect(try root.look().isEmpty)
        time.advance(milliseconds: 30)
        #expect(try root.live.refresh([]).map(\.path) == ["a", "b"])
    }

    @Test func `a renamed directory comes and goes at once, and nothing is hashed again`() throws {
        let root = try WatchedRoot(time: ManualTime()) {
            for number in 0..<50 { try $0.write("\(number)", to: "a/d/f\(number)") }
        }
        try perform(.rename("a", "b"), root.files)
        root.files.fileSystem.reset()
        let found = try root.look()
        #expect(found.filter { $0.path == "a" || $0.path == "b" }.count == 2)
        #expect(root.files.fileSystem.count(of: .openFile) == 0)
        try root.expectSame()
    }

    @Test(.tags(.regression))
    func `both halves of a rename are taken together though the second is told of later`() throws {
        let time = ManualTime()
        let root = try WatchedRoot(time: time) {
            try $0.write("text", to: "old/sub/doc")
        }
        try perform(.rename("old", "new"), root.files)
        #expect(try root.live.refresh(["old"]) == [])
        time.advance(milliseconds: 3)
        let found = try root.live.refresh(["new"])
        #expect(found.map(\.path).contains("old"))
        #expect(found.map(\.path).contains("new"))
        #expect(root.live.doubted == [])
        try root.settle()
        try root.expectSame()
    }

    @Test func `a full scan doubts an absence too`() throws {
        let time = ManualTime()
        let root = try WatchedRoot(time: time) { try $0.write("text", to: "d/doc") }
        try perform(.unlink("d/doc"), root.files)
        #expect(try root.live.scanAll().isEmpty)
        #expect(root.live.tree.find("d/doc") != nil)
        time.advance(milliseconds: 30)
        #expect(try root.live.refresh([]).map(\.path) == ["d/doc"])
        try root.expectSame()
    }

    private func perform(_ step: Step, _ root: ScanRoot) throws {
        switch step {
        case .write(let name, let text): try root.write(text, to: name)
        case .empty(let name): try put("", to: root.path(name), O_CREAT | O_TRUNC)
        case .append(let name, let text): try put(text, to: root.path(name), O_APPEND)
        case .rename(let old, let new):
            try #require(Glibc.rename(root.path(old), root.path(new)) == 0)
        case .unlink(let name): try #require(Glibc.unlink(root.path(name)) == 0)
        case .link(let name, let target): try root.makeLink(name, to: target)
        case .mode(let name): try #require(chmod(root.path(name), 0o600) == 0)
        }
    }

    private func put(_ text: String, to path: String, _ flags: Int32) throws {
        let descriptor = open(path, O_WRONLY | flags, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try RealFileSystem().writeAll(descriptor, Array(text.utf8))
    }
}
