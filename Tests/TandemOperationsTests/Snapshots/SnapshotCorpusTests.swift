import Foundation
import TandemTestSupport
import Testing

@testable import TandemSnapshots

/// Replays what the fuzzers found worth keeping; a trap ends the test program.
struct SnapshotCorpusTests {
    @Test(
        .tags(.golden),
        arguments: [
            ("snapshot-pack", SnapshotDecoderProperties.pack),
            ("snapshot-index", SnapshotDecoderProperties.index),
            ("snapshot-manifest", SnapshotDecoderProperties.manifest),
            ("snapshot-object", SnapshotDecoderProperties.object),
            ("snapshot-request", SnapshotDecoderProperties.request),
            ("snapshot-answer", SnapshotDecoderProperties.answer),
            ("snapshot-settings", SnapshotDecoderProperties.settings),
        ] as [(String, @Sendable ([UInt8]) -> Void)]
    )
    func `the corpus gives what it gave to the fuzzers`(
        target: String,
        body: @Sendable ([UInt8]) -> Void
    ) throws {
        let inputs = try inputs(of: target)
        #expect(!inputs.isEmpty, "no corpus for \(target)")
        for input in inputs { body(input) }
    }

    @Test func `the seeds of the corpus are what they are called`() throws {
        for seed in try inputs(of: "snapshot-pack", prefix: "seed-") {
            _ = try PackContents(decoding: seed)
        }
        for seed in try inputs(of: "snapshot-index", prefix: "seed-") {
            _ = try IndexFile.decode(seed)
        }
        for seed in try inputs(of: "snapshot-manifest", prefix: "seed-") {
            #expect(SnapshotManifest(decoding: seed) != nil)
        }
        for seed in try inputs(of: "snapshot-object", prefix: "seed-directory") {
            _ = try DirectoryObject(decoding: seed)
        }
        for seed in try inputs(of: "snapshot-request", prefix: "seed-") {
            #expect(SnapshotRequest(decoding: seed) != nil, "\(seed)")
        }
        for seed in try inputs(of: "snapshot-answer", prefix: "seed-") {
            #expect(SnapshotAnswer(decoding: seed) != nil, "\(seed)")
        }
        for seed in try inputs(of: "snapshot-settings", prefix: "seed-") {
            _ = try SettingsText.decode(seed)
        }
        for seed in try inputs(of: "snapshot-settings", prefix: "refused-") {
            #expect(throws: SettingsDamage.self) { try SettingsText.decode(seed) }
        }
    }

    private func inputs(of target: String, prefix: String = "") throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Corpus/\(target)")
        return try FileManager.default
            .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix(prefix) }
            .map { Array(try Data(contentsOf: $0)) }
    }
}
