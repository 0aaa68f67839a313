import Testing

/// What stands in the checkout beside the sources.
struct TopLevelTests {
    @Test func `the top level holds what the design names and nothing else`() {
        let found = Set(
            Project.files.compactMap { $0.split(separator: "/").first.map(String.init) }
        )
        #expect(found.subtracting(Self.entries).isEmpty)
        #expect(Self.entries.subtracting(Self.mayBeMissing).subtracting(found).isEmpty)
    }

    @Test func `no key is ever in the checkout`() {
        let keys = Project.files.filter { $0.hasPrefix("keys/") }
        #expect(Set(keys) == ["keys/README.md", "keys/.gitignore"])
        let armoured = Project.files.filter {
            Project.text($0)?.contains(Self.keyBody) == true
        }
        #expect(armoured.isEmpty)
    }

    @Test func `no source carries a note of unfinished work or a way around the compiler`() {
        for path in Project.files where path.hasPrefix("Sources/") {
            let text = Project.text(path) ?? ""
            let found = Self.unwanted.filter(text.contains)
            #expect(found.isEmpty, "\(path)")
        }
    }

    private static let entries: Set = [
        "Package.swift", "Sources", "Tests", "keys", "deployment", ".gitignore", "README.md",
        "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", ".swift-format", ".swift-version",
        ".ci", "docs", "Benchmarks", "Fuzz",
    ]

    private static let mayBeMissing: Set = ["Fuzz"]

    private static let unwanted = [
        "try!", "@unchecked Sendable", "nonisolated(unsafe)", "TO" + "DO", "FIX" + "ME",
    ]

    /// What the body of every OpenSSH private key begins with, in base64.
    private static let keyBody = "b3BlbnNzaC1rZXktdjEA" + "AAAA"
}
