import Foundation
import TandemTestSupport

/// A repository in the laptop's tree with two branches that differ, and somebody who changes them.
struct GitUser {
    static let folder = "repository"
    private let path: String
    private(set) var checkouts = 0

    /// Makes the repository; `other` has changed, new and removed files.
    init(root: String, files: Int, seed: UInt64) throws {
        path = "\(root)/\(Self.folder)"
        var random = SeededGenerator(seed: seed)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try git("init", "-q", "-b", "main")
        for number in 0..<files { try write(number, "main \(number) \(random.next())\n") }
        try commit()
        try git("checkout", "-q", "-b", "other")
        for number in 0..<files {
            switch number % 4 {
            case 0: try write(number, "other \(number) \(random.next())\n")
            case 1: try FileManager.default.removeItem(atPath: name(number))
            case 2: try write(files + number, "new \(number) \(random.next())\n")
            default: break
            }
        }
        try commit()
    }

    /// Changes to the other branch.
    mutating func change() throws {
        checkouts += 1
        try git("checkout", "-q", checkouts % 2 == 0 ? "other" : "main")
    }

    /// What git says differs from the branch; empty when nothing does.
    func differences() throws -> String {
        String(decoding: try git("status", "--porcelain"), as: UTF8.self)
    }

    private func name(_ number: Int) -> String { "\(path)/source\(number / 25)/unit\(number).c" }

    private func write(_ number: Int, _ text: String) throws {
        let file = URL(fileURLWithPath: name(number))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: file)
    }

    private func commit() throws {
        try git("add", "-A")
        try git(
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@localhost",
            "-c",
            "commit.gpgsign=false",
            "commit",
            "-q",
            "-m",
            "state"
        )
    }

    @discardableResult
    private func git(_ arguments: String...) throws -> [UInt8] {
        let quiet = ["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"]
        return try Command.run("git", ["-C", path] + arguments, environment: quiet)
    }
}
