import Foundation

/// The checkout that holds this test: its files, as git sees them.
enum Project {
    /// The folder with Package.swift, found from this file.
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder
    }()

    /// Every file that is tracked, or would be by `git add`, relative to the root.
    static let files: [String] = {
        let listed = output(of: ["git", "ls-files", "--cached", "--others", "--exclude-standard"])
        return (listed ?? "").split(separator: "\n").map(String.init)
            .filter { FileManager.default.fileExists(atPath: root.appendingPathComponent($0).path) }
    }()

    /// The text of a file, or nil where there is none.
    static func text(_ path: String) -> String? {
        try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The Swift files of the product.
    static let sources: [SwiftFile] =
        files
        .filter { $0.hasPrefix("Sources/") && $0.hasSuffix(".swift") }
        .compactMap { path in text(path).map { SwiftFile(path: path, text: $0) } }

    /// The Swift files of one target.
    static func sources(of target: String) -> [SwiftFile] {
        sources.filter { $0.target == target }
    }

    private static func output(of command: [String]) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardOutput = pipe
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
    }
}
