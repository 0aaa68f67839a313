import Foundation
import TandemTestSupport

extension TemporaryDirectory {
    /// Makes a directory and its parents.
    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: path(name),
            withIntermediateDirectories: true
        )
    }

    /// Writes bytes and gives them their name by a rename, as editors do.
    func replace(_ name: String, with bytes: [UInt8]) throws {
        try Data(bytes).write(to: url.appendingPathComponent(name), options: .atomic)
    }
}
