import Foundation
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

extension PairOnSSH {
    /// Records an issue unless a push ended with both sides the same, on disk and in both records.
    func expectAgreement(_ result: PushResult, _ comment: String) throws {
        #expect(result.exit == .status(0), "\(comment): \(result.summary)")
        #expect(try differences() == "", "\(comment)")
        #expect(staged.isEmpty, "\(comment): the stage holds \(staged)")
        let archive = try #require(try archive())
        // A batch that began and came to nothing is forgotten by the next one.
        switch try lineage() {
        case .settled(let point), .begun(let point, _):
            #expect(point == archive.point, "\(comment)")
        case let other: Issue.record("\(comment): the vm's lineage is \(String(describing: other))")
        }
        #expect(archive.tree.rootDigest.hex == result.report?.tree, "\(comment)")
    }

    /// What the laptop has recorded.
    private func archive() throws -> Archive? {
        try ArchiveStore(StateDirectory(at: laptopState, on: RealFileSystem())).load()
    }

    /// What the vm has recorded.
    private func lineage() throws -> StoredLineage? {
        let fileSystem = RealFileSystem()
        let root = try SyncRoot.open(vm.url.path, on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        let name = (try laptopState as NSString).lastPathComponent
        let digits = Array(name.replacingOccurrences(of: "-", with: ""))
        let pair = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        return try LineageStore(fileSystem: fileSystem, root: root, pair: pair, create: false)?
            .load()
    }
}

extension Archive {
    fileprivate var point: StoredLineage.Point {
        StoredLineage.Point(generation: mark.generation, token: mark.token)
    }
}
