import Glibc
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

/// Each call of a scan fails once: a result with problems or a typed error, never a wrong digest.
@Suite(.tags(.fault))
struct FaultyScanTests {
    private static let content: [String: String] = [
        "a": "alpha", "d/b": "beta", "d/e/c": "gamma", "d/.gitignore": "*.o\n", "z": "omega",
    ]

    private func makeRoot() throws -> ScanRoot {
        let root = try ScanRoot()
        for (path, text) in Self.content { try root.write(text, to: path) }
        try root.makeLink("d/link", to: "b")
        return root
    }

    @Test(arguments: [EIO, EACCES, ENOENT, ENOTDIR, ELOOP, ENOMEM, EINTR, ESTALE])
    func `the n-th call failing never gives a wrong tree`(code: Int32) throws {
        let root = try makeRoot()
        let whole = try root.scan(threads: 1)
        let calls = root.fileSystem.failableCalls
        #expect(calls > 20)
        for turn in 0..<calls {
            root.fileSystem.reset(faults: [Fault(.any, .at(turn), .fail(code))])
            do throws(ScanError) {
                check(try root.scan(threads: 1), against: whole.tree, code, turn)
            } catch {
                #expect(error.code != .outOfDescriptors, "call \(turn)")
            }
            #expect(root.fileSystem.openDescriptors == 0, "call \(turn)")
        }
        root.fileSystem.reset()
        #expect(try root.scan().tree.rootDigest == whole.tree.rootDigest)
    }

    /// What is in the tree is right; what is not, is a problem or was reported as absent.
    private func check(_ result: ScanResult, against whole: Tree, _ code: Int32, _ turn: Int) {
        let reported = Set(result.problems.map(\.path))
        for (path, state) in whole.listing {
            let found = result.tree.state(at: path)?.withoutDirectoryDigest
            if found == state { continue }
            if found == nil, [ENOENT, ENOTDIR].contains(code) { continue }
            let isReported = reported.contains { path == $0 || path.isDescendant(of: $0) }
            #expect(isReported, "call \(turn): \(path) is \(String(describing: found))")
        }
        #expect(result.tree.count <= whole.count)
    }

    @Test func `out of descriptors now and then makes a scan slower, not different`() throws {
        let root = try makeRoot()
        let whole = try root.scan()
        let opens: Set<FileSystemCall> = [.openDirectory, .openFile, .openBeneath]
        for step in 2...5 {
            for code in [EMFILE, ENFILE] {
                root.fileSystem.reset(faults: [Fault(.only(opens), .every(step), .fail(code))])
                let result = try root.scan()
                #expect(result.tree.rootDigest == whole.tree.rootDigest)
                #expect(result.problems.isEmpty)
                #expect(root.fileSystem.openDescriptors == 0)
            }
        }
    }

    @Test func `out of descriptors for good is an error`() throws {
        let root = try makeRoot()
        root.fileSystem.reset(faults: [Fault(.only([.openFile]), .from(2), .fail(EMFILE))])
        #expect {
            try root.scan()
        } throws: {
            ($0 as? ScanError)?.code == .outOfDescriptors
        }
        #expect(root.fileSystem.openDescriptors == 0)
    }

    @Test(arguments: [1, 3, 7])
    func `short reads give the same tree`(size: Int) throws {
        let root = try makeRoot()
        for number in 0..<40 { try root.write("x", to: "many/\(number)") }
        let whole = try root.scan()
        root.fileSystem.reset(faults: [Fault(.any, .every(1), .short(size))])
        #expect(try root.scan().tree.listing == whole.tree.listing)
    }

    @Test func `interrupted reads are repeated`() throws {
        let root = try makeRoot()
        let whole = try root.scan()
        root.fileSystem.reset(faults: [Fault(.only([.readAt]), .every(2), .fail(EINTR))])
        let result = try root.scan()
        #expect(result.tree.rootDigest == whole.tree.rootDigest)
        #expect(result.problems.isEmpty)
    }

    @Test func `a listing that fails halfway is a problem, never a smaller directory`() throws {
        let root = try ScanRoot()
        for number in 0..<100 { try root.write("x", to: "d/\(number)") }
        root.fileSystem.reset(faults: [
            Fault(.only([.readDirectory]), .every(1), .short(1))
        ])
        let whole = try root.scan(threads: 1)
        #expect(whole.tree.count == 101)
        root.fileSystem.reset(faults: [
            Fault(.only([.readDirectory]), .at(3), .fail(EIO)),
            Fault(.only([.readDirectory]), .every(1), .short(1)),
        ])
        let result = try root.scan(threads: 1)
        expectTree(result, ["d": .other])
        #expect(result.problems == [ProblemEntry(path: "d", reason: .readFailed)])
    }
}
