// swift-tools-version: 6.2
import PackageDescription

/// The benchmark's own small tools: a tree of known files, the floor of the disk, a command's cost.
let package = Package(
    name: "tandem-benchmarks",
    platforms: [.macOS(.v15)],
    targets: [
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
        .target(name: "CBench"),
        .executableTarget(name: "bench-tool", dependencies: ["CCrypto", "CBench"]),
    ]
)
