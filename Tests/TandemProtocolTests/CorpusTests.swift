import Foundation
import TandemTestSupport
import Testing

@testable import TandemProtocol

/// Replays what the fuzzers found worth keeping; a trap ends the test program.
struct CorpusTests {
    @Test(.tags(.golden))
    func `the corpus gives what it gave to the fuzzers: values or errors`() throws {
        let targets: [String: ([UInt8]) -> Void] = [
            "laptop-to-vm": DecoderProperties.laptopToVM,
            "vm-to-laptop": DecoderProperties.vmToLaptop,
            "data-pack": DecoderProperties.dataPack,
            "tree": DecoderProperties.tree,
            "rules": DecoderProperties.rules,
        ]
        for (name, body) in targets {
            let inputs = try inputs(of: name)
            #expect(!inputs.isEmpty, "no corpus for \(name)")
            for input in inputs { body(input) }
        }
    }

    @Test
    func `the documented messages of the corpus are understood`() throws {
        let folder = try inputs(of: "laptop-to-vm", prefix: "documented-")
        #expect(folder.count == Set(try Samples.laptop().map(\.name)).count)
        for input in folder { #expect(try frames(Array(input.dropFirst(2))).count == 1) }
    }

    private func inputs(of target: String, prefix: String = "") throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Corpus/\(target)")
        return try FileManager.default
            .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix(prefix) }
            .map { Array(try Data(contentsOf: $0)) }
    }
}
