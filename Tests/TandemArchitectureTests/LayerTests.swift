import Testing

/// Holds the manifest and every import to the table of rows in docs/ARCHITECTURE.md.
struct LayerTests {
    private let manifest = Manifest.current
    private let rows = Rows.current

    @Test
    func
        `the table names every target of the manifest, and the manifest every one that is not later`()
    {
        let declared = Set(manifest.targets.values.filter { !Self.isTestCode($0) }.map(\.name))
        let promised = Set(rows.row.keys).subtracting(rows.later)
        #expect(promised.subtracting(declared).isEmpty, "in the table only")
        #expect(declared.subtracting(rows.row.keys).isEmpty, "in the manifest only")
    }

    @Test func `a target depends on lower rows only`() {
        for target in manifest.targets.values where !Self.isTestCode(target) {
            for dependency in target.dependencies {
                guard let own = rows.row[target.name], let other = rows.row[dependency] else {
                    continue
                }
                #expect(other > own, "\(target.name) depends on \(dependency)")
            }
        }
    }

    @Test func `a file imports what its target declares and nothing else`() {
        let sources = Project.sources
        #expect(!sources.isEmpty)
        for file in sources {
            let declared = Set(manifest.targets[file.target]?.dependencies ?? [])
            let undeclared = file.imports.subtracting(declared).subtracting(Self.toolchain)
            #expect(undeclared.isEmpty, "\(file.path)")
        }
    }

    @Test func `a file imports from lower rows only`() {
        for file in Project.sources {
            guard let own = rows.row[file.target] else { continue }
            for module in file.imports {
                guard let other = rows.row[module] else { continue }
                #expect(other > own, "\(file.path) imports \(module)")
            }
        }
    }

    @Test(arguments: ["TandemTree", "TandemProtocol", "TandemSystem", "TandemFiles", "TandemSync"])
    func `the engine imports no Foundation`(target: String) {
        for file in Project.sources(of: target) {
            #expect(
                file.imports.isDisjoint(with: ["Foundation", "FoundationEssentials"]),
                "\(file.path)"
            )
        }
    }

    @Test(arguments: ["TandemTree", "TandemProtocol"])
    func `the pure targets import no operating system`(target: String) {
        for file in Project.sources(of: target) {
            #expect(
                file.imports.isDisjoint(with: ["Glibc", "Darwin", "Dispatch", "CTandem"]),
                "\(file.path)"
            )
        }
    }

    @Test func `the static receiver links no Foundation, no libssh2, no database and no YAML`() {
        let linked = manifest.closure(of: "tandem-receiver")
        #expect(linked.contains("TandemReceiver"))
        #expect(linked.isDisjoint(with: ["CLibSSH2", "TandemSSH", "GRDB", "Yams"]))
        for target in linked {
            for file in Project.sources(of: target) {
                #expect(!file.imports.contains("Foundation"), "\(file.path)")
            }
        }
    }

    @Test func `a program is its main and under sixty lines`() {
        for target in manifest.targets.values
        where target.kind == "executableTarget" && !Self.isTestCode(target) {
            let files = Project.sources(of: target.name)
            #expect(files.count == 1, "\(target.name)")
            #expect(files.allSatisfy { $0.lineCount <= 60 }, "\(target.name)")
        }
    }

    @Test func `imports and declarations are read as they stand`() {
        let file = SwiftFile(
            path: "Sources/TandemX/X.swift",
            text: """
                package import Dispatch
                @preconcurrency import struct Foundation.Data
                // import Comment
                let text = "import Text"
                """
        )
        #expect(file.target == "TandemX")
        #expect(file.imports == ["Dispatch", "Foundation"])
        let manifest = Manifest(
            text: """
                .target(name: "A", dependencies: ["B", .product(name: "C", package: "c")]),
                .executableTarget(name: "D", dependencies: ["A"]),
                """
        )
        #expect(manifest.closure(of: "D") == ["A", "B", "C", "D"])
        #expect(manifest.targets["D"]?.kind == "executableTarget")
    }

    /// Modules that come with the toolchain or the C library, for every target that may have them.
    private static let toolchain: Set = [
        "CoreServices", "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc",
        "Synchronization",
    ]

    /// Targets that lie under Tests and are no test targets.
    private static let testCode: Set = [
        "TandemTestSupport", "TandemSimulation", "TandemSoak", "tandem-proof",
    ]

    private static func isTestCode(_ target: Manifest.Target) -> Bool {
        target.isTest || testCode.contains(target.name)
    }
}
