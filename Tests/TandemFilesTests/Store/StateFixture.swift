import Foundation
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

/// A state directory of one test, on a counting file system.
final class StateFixture {
    let directory: TemporaryDirectory
    let fileSystem = FaultyFileSystem()

    init() throws { directory = try TemporaryDirectory() }

    func open() throws -> StateDirectory {
        try StateDirectory(at: directory.url.path, on: fileSystem)
    }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: directory.path(name))))
    }

    func replace(_ name: String, _ bytes: some Collection<UInt8>) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: directory.path(name)))
    }

    var names: [String] {
        let found = try? FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        return (found ?? []).sorted()
    }
}

/// A generation with a token that tells it from all others.
func mark(_ generation: UInt64) -> GenerationMark {
    GenerationMark(
        generation: generation,
        token: [UInt8](repeating: UInt8(truncatingIfNeeded: generation), count: 16)
    )
}
