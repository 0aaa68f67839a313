import Foundation
import TandemFiles
import TandemProtocol
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree

/// A laptop directory and a vm directory in one process, joined by a socketpair.
final class PairFixture: Sendable {
    let laptop: TemporaryDirectory
    let vm: TemporaryDirectory
    private let states: TemporaryDirectory
    let pair: LaptopPair
    let endpoint: ReceiverEndpoint

    /// Makes both directories; `pairs` says whether they are paired at once.
    ///
    /// `capabilities` are what the receiver offers; fewer make it an older one. Both sides are paired
    /// in the vm's versions, whatever the laptop speaks from then on.
    init(
        pairs: Bool = true,
        budget: WatchBudget = .ofSystem,
        capabilities: Capabilities = .own,
        laptop laptopVersions: VersionRange = .own,
        vm vmVersions: VersionRange = .own
    ) throws {
        laptop = try TemporaryDirectory()
        vm = try TemporaryDirectory()
        states = try TemporaryDirectory()
        for name in ["laptop", "vm"] {
            try FileManager.default.createDirectory(
                atPath: states.path(name),
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        }
        var pair = LaptopPair(
            id: (0..<16).map { UInt8($0) },
            root: laptop.url.path,
            stateDirectory: states.path("laptop")
        )
        endpoint = Self.makeEndpoint(
            vm.url.path,
            states.path("vm"),
            budget,
            capabilities,
            vmVersions
        )
        pair.versions = vmVersions
        let connect = Self.connector(to: endpoint)
        if pairs { _ = try VMRequests(pair: pair, connect: connect).pair() }
        pair.versions = laptopVersions
        self.pair = pair
    }

    /// A receiver on the vm directory, with a state of its own.
    static func makeEndpoint(
        _ root: String,
        _ state: String,
        _ budget: WatchBudget = .ofSystem,
        _ capabilities: Capabilities = .own,
        _ versions: VersionRange = .own
    ) -> ReceiverEndpoint {
        var limits = BatchLimits()
        limits.floorBytes = 1 << 20
        return ReceiverEndpoint(
            settings: .init(
                root: root,
                stateDirectory: state,
                receiverText: "receiver of a test",
                limits: limits,
                watchBudget: budget,
                capabilities: capabilities,
                versions: versions
            ),
            fileSystem: RealFileSystem(),
            log: { _ in }
        )
    }

    var requests: VMRequests { VMRequests(pair: pair, connect: connector()) }

    /// Connects to the endpoint through a socketpair.
    func connector() -> @Sendable () throws -> any ByteLink { Self.connector(to: endpoint) }

    private static func connector(
        to endpoint: ReceiverEndpoint
    ) -> @Sendable () throws -> any ByteLink {
        {
            let (near, far) = try DescriptorLink.pair()
            WorkerThread.start("receiver") { endpoint.serve(far) }
            return near
        }
    }

    /// Pushes and gives the report.
    func push(_ options: PushOptions = PushOptions()) throws -> PushReport {
        try PushRun(pair: pair, options: options, connect: connector(), observer: { _ in }).run()
    }

    /// What differs between the two directories, by a comparison that is not Tandem's; empty when
    /// they hold the same names, kinds, contents, targets and execute bits.
    func differences() throws -> String {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "rsync", "-rlcnE", "--delete", "--itemize-changes", "--exclude=/.tandem",
            laptop.url.path + "/", vm.url.path + "/",
        ]
        let output = Foundation.Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // rsync also reports times of directories and files, which Tandem does not sync.
        return String(decoding: data, as: UTF8.self).split(separator: "\n").filter { line in
            !line.hasPrefix(".") || line.prefix(11).dropFirst(2).contains { "csp".contains($0) }
        }.joined(separator: "\n")
    }
}

extension TemporaryDirectory {
    /// Makes a directory and its parents.
    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: path(name),
            withIntermediateDirectories: true
        )
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: path(name),
            withDestinationPath: target
        )
    }

    func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: path(name), toPath: path(other))
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
}
