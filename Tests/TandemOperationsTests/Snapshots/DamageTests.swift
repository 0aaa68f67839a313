import Foundation
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSnapshots

/// Flips bits of a store and runs its operations with every call failing in turn.
struct DamageTests {
    /// Whether a damaged store is noticed by opening or verifying it.
    private func isNoticed(_ fixture: SnapshotFixture) throws -> Bool {
        do {
            return try !fixture.store().verify().isClean
        } catch is SnapshotError {
            return true
        }
    }

    @Test func `every flipped byte is found`() throws {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 11, files: 6)
        let store = try fixture.store()
        try fixture.take(store)
        try fixture.write("d0/more", "more")
        try fixture.take(store)
        #expect(try store.verify().isClean)
        var random = SeededGenerator(seed: 12)
        var flips = 0
        for name in try fixture.storeFiles() {
            let url = URL(fileURLWithPath: "\(fixture.storePath)/\(name)")
            let original = try Data(contentsOf: url)
            guard !original.isEmpty else { continue }
            let step = max(original.count / 24, 1)
            for place in stride(from: 0, to: original.count, by: step) {
                var damaged = original
                damaged[place] ^= UInt8(1 << random.below(8))
                try damaged.write(to: url)
                #expect(try isNoticed(fixture), "byte \(place) of \(name)")
                flips += 1
            }
            try original.write(to: url)
        }
        #expect(flips > 100)
        #expect(try fixture.store().verify().isClean)
    }

    @Test func `a verification says which snapshots and which paths are hurt`() throws {
        let fixture = try SnapshotFixture()
        let store = try fixture.store()
        try fixture.write("old", "old")
        let first = try fixture.take(store)
        let packs = Set(try fixture.storeFiles())
        try fixture.write("sub/new", "new")
        let second = try fixture.take(store)
        let pack = try #require(
            try fixture.storeFiles().first { $0.hasPrefix("packs/") && !packs.contains($0) }
        )
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(fixture.storePath)/\(pack)"))
        let report = try fixture.store().verify()
        #expect(report.hurt.map(\.id) == [second.id])
        #expect(first.id != second.id)
        // The next snapshot stores again what cannot be read.
        let healed = try fixture.take(try fixture.store())
        let again = try fixture.store().verify()
        #expect(!again.hurt.map(\.id).contains(healed.id))
        #expect(healed.manifest.root == second.manifest.root)
    }

    @Test(arguments: [Fault.Effect.fail(EIO), .fail(ENOSPC), .failAfter(EIO), .short(3)])
    func `a take that fails at any call adds nothing half and hurts nothing`(
        effect: Fault.Effect
    ) throws {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 20, files: 5)
        let first = try fixture.take(try fixture.store())
        let faulty = FaultyFileSystem()
        var turn = 0
        var failures = 0
        while turn < 4000 {
            try fixture.write("d0/change", "\(turn)")
            faulty.reset()
            let store = try fixture.store(faulty)
            var taker = try fixture.taker(store)
            faulty.reset(faults: [Fault(.mutating, .at(turn), effect)])
            let result = Result { try taker.take(reason: .request) }
            let calls = faulty.mutatingCalls
            faulty.reset()
            try expectSound(fixture, first, result, "turn \(turn)")
            if case .failure = result { failures += 1 }
            if calls <= turn { break }
            turn += 1
        }
        #expect(turn > 5 && turn < 4000)
        if case .short = effect { #expect(failures == 0) } else { #expect(failures > 3) }
        #expect(faulty.openDescriptors < 20)
    }

    private func expectSound(
        _ fixture: SnapshotFixture,
        _ first: SnapshotInfo,
        _ result: Result<SnapshotInfo, any Error>,
        _ comment: Comment
    ) throws {
        let store = try fixture.store()
        let report = try store.verify()
        #expect(report.isClean, "\(comment): \(report.damage) \(report.hurt)")
        let listed = try store.list()
        #expect(listed.first?.id == first.id, comment)
        switch result {
        case .success(let info): #expect(listed.last?.id == info.id, comment)
        // The answer may be lost after the manifest was renamed: then the snapshot is whole.
        case .failure(let error): #expect(error is SnapshotError, comment)
        }
    }

    @Test(arguments: [Fault.Effect.fail(EIO), .failAfter(EIO)])
    func `a prune that fails at any call loses nothing that is kept`(effect: Fault.Effect) throws {
        let faulty = FaultyFileSystem()
        var turn = 0
        while turn < 400 {
            let fixture = try SnapshotFixture()
            let store = try fixture.store()
            for number in 0..<4 {
                try fixture.write("d\(number % 2)/f\(number)", "content \(number)")
                try fixture.write("same", String(repeating: "same ", count: number * 9000))
                try fixture.take(store)
                if number < 3 { try fixture.remove("d\(number % 2)/f\(number)") }
            }
            let last = try store.find("latest")
            faulty.reset()
            let broken = try fixture.store(faulty)
            faulty.reset(faults: [Fault(.mutating, .at(turn), effect)])
            let result = Result { try broken.prune(RetentionPolicy(last: 2)) }
            let calls = faulty.mutatingCalls
            faulty.reset()
            let fresh = try fixture.store()
            let report = try fresh.verify()
            #expect(report.isClean, "turn \(turn): \(report.damage) \(report.hurt)")
            #expect(try fresh.list().suffix(1).map(\.id) == [last.id], "turn \(turn)")
            #expect(try fresh.list().count >= 2, "turn \(turn)")
            _ = try fresh.prune(RetentionPolicy(last: 2))
            #expect(try fresh.list().count == 2, "turn \(turn)")
            if calls <= turn {
                #expect(throws: Never.self) { try result.get() }
                break
            }
            turn += 1
        }
        #expect(turn > 5 && turn < 400)
    }

    @Test(arguments: UInt64(1)...3)
    func `a decoder gives a value or an error, whatever the bytes`(seed: UInt64) throws {
        let fixture = try SnapshotFixture()
        try fixture.write("a/b", "x")
        let store = try fixture.store()
        let info = try fixture.take(store)
        var random = SeededGenerator(seed: seed)
        let tree = try store.tree(of: info)
        let samples: [[UInt8]] = [
            info.manifest.encode(), DirectoryObject.encode(tree, Tree.rootID),
            ChunkList([ChunkReference(id: info.id, length: 3)]).encode(),
            try store.readFooters().packs[0].contents.encode(),
        ]
        for sample in samples {
            for length in 0...sample.count { decodeAll(Array(sample[..<length])) }
            for _ in 0..<2000 {
                var bytes = sample
                for _ in 0...random.below(4) {
                    bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
                }
                decodeAll(bytes)
            }
        }
        #expect(SnapshotManifest(decoding: samples[0]) == info.manifest)
        #expect(try DirectoryObject(decoding: samples[1]).entries.map(\.name) == [[97]])
    }

    private func decodeAll(_ bytes: [UInt8]) {
        _ = SnapshotManifest(decoding: bytes)
        _ = try? DirectoryObject(decoding: bytes)
        _ = try? ChunkList(decoding: bytes)
        _ = try? PackContents(decoding: bytes)
        _ = try? IndexFile.decode(bytes)
    }
}
