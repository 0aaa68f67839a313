// swift-tools-version: 6.2
import PackageDescription

/// Tandem's targets, lowest row first: a target depends on rows below its own and on nothing else.
///
/// The picture, and the test that holds the code to it, are in docs/ARCHITECTURE.md.
let package = Package(
    name: "tandem",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "tandem", targets: ["tandem"]),
        .executable(name: "tandem-agent", targets: ["tandem-agent"]),
        .executable(name: "tandem-receiver", targets: ["tandem-receiver"]),
        .executable(name: "tandem-snapshot", targets: ["tandem-snapshot"]),
        .executable(name: "tandem-manager", targets: ["tandem-manager"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C
        .systemLibrary(
            name: "CLibSSH2",
            pkgConfig: "libssh2",
            providers: [.apt(["libssh2-1-dev"]), .brew(["libssh2"])]
        ),
        .systemLibrary(
            name: "CCrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]
        ),
        .systemLibrary(
            name: "CZstd",
            pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]
        ),
        .target(name: "CTandem", cSettings: [.define("_GNU_SOURCE")]),

        // tree
        .target(name: "TandemTree", dependencies: ["CCrypto"]),

        // wire
        .target(name: "TandemProtocol", dependencies: ["TandemTree", "CZstd"]),

        // system
        .target(name: "TandemSystem", dependencies: ["CTandem"]),

        // world
        .target(
            name: "TandemFiles",
            dependencies: ["TandemTree", "TandemSystem", "CTandem"]
        ),
        .target(
            name: "TandemSSH",
            dependencies: ["TandemSystem", "CLibSSH2", "CCrypto", "CTandem"]
        ),

        // service
        .target(
            name: "TandemDaemon",
            dependencies: [
                "TandemTree", "TandemSystem", "CTandem",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "TandemConfiguration",
            dependencies: ["TandemTree", .product(name: "Yams", package: "Yams")]
        ),
        .target(
            name: "TandemHTTP",
            dependencies: [
                "TandemSystem",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .target(
            name: "TandemStore",
            dependencies: ["TandemTree", .product(name: "GRDB", package: "GRDB.swift")]
        ),

        // behaviour
        .target(
            name: "TandemSync",
            dependencies: ["TandemTree", "TandemProtocol", "TandemSystem", "TandemFiles"]
        ),
        .target(
            name: "TandemProject",
            dependencies: [
                "TandemTree", "TandemSystem", "TandemSSH", "TandemDaemon", "TandemConfiguration",
            ]
        ),
        .target(
            name: "TandemControl",
            dependencies: ["TandemTree", "TandemSystem"]
        ),
        .target(
            name: "TandemSnapshots",
            dependencies: ["TandemTree", "TandemSystem", "TandemFiles", "CZstd", "CTandem"]
        ),
        .target(
            name: "TandemManagement",
            dependencies: ["TandemTree", "TandemSystem", "TandemHTTP"]
        ),

        // assembly
        .target(
            name: "TandemCommands",
            dependencies: [
                "TandemTree", "TandemProtocol", "TandemSystem", "TandemFiles", "TandemSSH",
                "TandemConfiguration",
                "TandemStore",
                "TandemSync",
                "TandemProject",
                "TandemDaemon",
                "TandemHTTP",
                "TandemManagement",
                "TandemSnapshots",
                "TandemControl",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .target(
            name: "TandemAgent",
            dependencies: [
                "TandemTree", "TandemSystem", "TandemFiles", "TandemDaemon", "TandemStore",
                "TandemSync", "TandemControl", "TandemProject", "TandemConfiguration",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "TandemReceiver",
            dependencies: [
                "TandemTree", "TandemProtocol", "TandemSystem", "TandemFiles", "TandemSync",
                "TandemDaemon", "TandemHTTP",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "TandemManager",
            dependencies: [
                "TandemSystem", "TandemDaemon", "TandemHTTP", "TandemManagement",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),

        .target(
            name: "TandemOperations",
            dependencies: [
                "TandemTree", "TandemSystem", "TandemFiles", "TandemSnapshots", "TandemDaemon",
                "TandemHTTP",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),

        // programs
        .executableTarget(name: "tandem", dependencies: ["TandemCommands"]),
        .executableTarget(
            name: "tandem-agent",
            dependencies: ["TandemAgent", "TandemCommands", "TandemControl"]
        ),
        .executableTarget(name: "tandem-receiver", dependencies: ["TandemReceiver"]),
        .executableTarget(name: "tandem-snapshot", dependencies: ["TandemOperations"]),
        .executableTarget(name: "tandem-manager", dependencies: ["TandemManager"]),

        // tests
        .target(
            name: "TandemTestSupport",
            dependencies: ["TandemTree", "TandemSystem"],
            path: "Tests/TandemTestSupport"
        ),
        .target(
            name: "TandemSimulation",
            dependencies: [
                "TandemTree", "TandemProtocol", "TandemSystem", "TandemFiles", "TandemSync",
                "TandemTestSupport",
            ],
            path: "Tests/TandemSimulation"
        ),
        .target(
            name: "TandemSoak",
            dependencies: [
                "TandemSync", "TandemSSH", "TandemFiles", "TandemTree", "TandemSystem", "CTandem",
                "TandemTestSupport",
            ],
            path: "Tests/TandemSoak"
        ),
        .executableTarget(
            name: "tandem-proof",
            dependencies: ["TandemSimulation", "TandemSoak"],
            path: "Tests/tandem-proof"
        ),
        .testTarget(
            name: "TandemTreeTests",
            dependencies: ["TandemTree", "TandemTestSupport"]
        ),
        .testTarget(
            name: "TandemProtocolTests",
            dependencies: ["TandemProtocol", "TandemTree", "TandemTestSupport"],
            exclude: ["Corpus"]
        ),
        .testTarget(
            name: "TandemFilesTests",
            dependencies: ["TandemFiles", "TandemTree", "TandemSystem", "TandemTestSupport"]
        ),
        .testTarget(
            name: "TandemSimulationTests",
            dependencies: [
                "TandemSimulation", "TandemFiles", "TandemTree", "TandemSystem",
                "TandemTestSupport",
            ]
        ),
        .testTarget(
            name: "TandemSSHTests",
            dependencies: ["TandemSSH", "TandemSystem", "TandemTestSupport"]
        ),
        .testTarget(
            name: "TandemServiceTests",
            dependencies: [
                "TandemDaemon", "TandemConfiguration", "TandemHTTP", "TandemStore", "TandemTree",
                "TandemSystem", "TandemTestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .testTarget(
            name: "TandemSyncTests",
            dependencies: [
                "TandemSync", "TandemFiles", "TandemProtocol", "TandemTree", "TandemSystem",
                "TandemTestSupport", "TandemSoak",
            ]
        ),
        .testTarget(
            name: "TandemProjectTests",
            dependencies: [
                "TandemProject", "TandemConfiguration", "TandemSSH", "TandemTree",
                "TandemSystem", "TandemTestSupport",
            ]
        ),
        .testTarget(
            name: "TandemOperationsTests",
            dependencies: [
                "TandemOperations",
                "TandemSnapshots",
                "TandemManagement",
                "TandemFiles",
                "TandemTree",
                "TandemSystem",
                "TandemHTTP",
                "TandemTestSupport",
                "tandem-snapshot",
                "TandemManager",
                "tandem-manager",
            ],
            exclude: ["Corpus"]
        ),
        .testTarget(
            name: "TandemCommandsTests",
            dependencies: [
                "TandemCommands", "TandemSSH", "TandemSync", "TandemFiles", "TandemDaemon",
                "TandemStore",
                "TandemConfiguration",
                "TandemProject",
                "TandemTree",
                "TandemManagement",
                "TandemSnapshots",
                "TandemControl",
                "TandemSystem", "TandemTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Golden"]
        ),
        .testTarget(
            name: "TandemAgentTests",
            dependencies: [
                "TandemAgent", "TandemControl", "TandemStore", "TandemDaemon", "TandemTree",
                "TandemProject",
                "TandemSync", "TandemSystem", "TandemTestSupport", "tandem", "tandem-agent",
                "tandem-receiver",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "TandemArchitectureTests",
            dependencies: ["TandemTestSupport"]
        ),
        .testTarget(
            name: "TandemIntegrationTests",
            dependencies: [
                "TandemSSH", "TandemSync", "TandemFiles", "TandemProtocol", "TandemTree",
                "TandemSystem", "TandemTestSupport", "TandemSoak", "tandem", "tandem-agent",
                "tandem-proof", "tandem-receiver", "tandem-manager", "tandem-snapshot",
            ]
        ),
    ]
)

// TANDEM_TESTS="TandemTreeTests TandemFilesTests" builds these test targets alone: less to compile
// while one library is worked on.
if let only = Context.environment["TANDEM_TESTS"]?.split(separator: " "), !only.isEmpty {
    package.targets.removeAll { $0.type == .test && !only.contains(Substring($0.name)) }
}

/// Targets whose work is C calls: `unsafe` on every line there would say nothing.
let callsC: Set = [
    "TandemSystem", "TandemFiles", "TandemSSH", "TandemDaemon", "TandemTestSupport",
    "TandemSimulation", "TandemSoak",
]

for target in package.targets where target.type != .system && target.name != "CTandem" {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .treatAllWarnings(as: .error),
        .treatWarning("DeprecatedDeclaration", as: .warning),
        .treatWarning("ExplicitSendable", as: .error),
    ]
    if target.type != .test && !callsC.contains(target.name) {
        target.swiftSettings?.append(.strictMemorySafety())
    }
}
