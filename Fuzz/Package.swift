// swift-tools-version: 6.2
import PackageDescription

/// libFuzzer programs, one for each decoder of bytes that another machine wrote.
///
/// The targets under test are links to the real sources, not a dependency: so they are built with
/// the fuzzer's coverage, and what is `package` there can be called from here.
let sanitizers = ["-sanitize=fuzzer,address"]

let package = Package(
    name: "tandem-fuzz",
    platforms: [.macOS(.v15)],
    targets: [
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
        .target(name: "TandemTree", dependencies: ["CCrypto"]),
        .target(name: "TandemProtocol", dependencies: ["TandemTree", "CZstd"]),
        .target(name: "CTandem", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "TandemSystem", dependencies: ["CTandem"]),
        .target(name: "TandemFiles", dependencies: ["TandemTree", "TandemSystem", "CTandem"]),
        .target(
            name: "TandemSnapshots",
            dependencies: ["TandemTree", "TandemSystem", "TandemFiles", "CZstd", "CTandem"]
        ),
        .target(name: "CFuzzer"),
        .executableTarget(
            name: "fuzz-decoders",
            dependencies: ["TandemTree", "TandemProtocol", "TandemSnapshots", "CFuzzer"],
            // gold, the default in some distributions, cannot read this much debug information.
            linkerSettings: [.unsafeFlags(sanitizers + ["-use-ld=lld"])]
        ),
    ]
)

let written = ["CFuzzer", "CTandem"]

for target in package.targets where target.type != .system && !written.contains(target.name) {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .unsafeFlags(sanitizers + ["-parse-as-library"]),
    ]
}
