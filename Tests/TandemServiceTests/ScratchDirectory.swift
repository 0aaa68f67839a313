import Foundation

/// A directory of one test, removed with it.
struct ScratchDirectory: ~Copyable {
    let path: String

    init() throws {
        // Short, so that sockets fit into it.
        path = "/tmp/tds-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func text(of name: String) throws -> String {
        String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")),
            as: UTF8.self
        )
    }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}
