import Foundation
import TandemFiles
import TandemSnapshots
import TandemSync
import TandemSystem
import TandemTree

@testable import TandemCommands

/// A vm in this process: a receiver and a snapshot daemon that look at the same directory.
struct TwoDaemons: LinksOnly {
    let vm: String
    private let endpoint: ReceiverEndpoint
    private let service: SnapshotService

    init(in playground: Playground) throws {
        vm = try playground.make("vm")
        var places: [String] = []
        for name in ["receiver-state", "snapshot-state", "store"] {
            let place = try playground.make(name)
            chmod(place, 0o700)
            places.append(place)
        }
        var limits = BatchLimits()
        limits.floorBytes = 1 << 20
        endpoint = ReceiverEndpoint(
            settings: .init(
                root: vm,
                stateDirectory: places[0],
                receiverText: "test receiver",
                limits: limits
            ),
            fileSystem: RealFileSystem(),
            log: { _ in }
        )
        service = SnapshotService(
            store: try SnapshotStore(at: places[2], on: RealFileSystem()),
            source: SnapshotSource(
                root: vm,
                rules: .given(.standard),
                state: try StateDirectory(at: places[1], on: RealFileSystem())
            ),
            settings: SettingsKeeper(SnapshotArguments(keep: RetentionPolicy(last: 100))),
            fileSystem: RealFileSystem()
        )
    }

    /// The labels of the snapshots, oldest first.
    func labels() throws -> [String] { try service.store.list().map(\.manifest.label) }

    func connector(
        to destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> @Sendable () throws -> any ByteLink {
        let isSnapshot = settings.execCommand.contains("tandem-snapshot")
        let (endpoint, service) = (endpoint, service)
        return {
            let (near, far) = try DescriptorLink.pair()
            WorkerThread.start("test-daemon") {
                if isSnapshot { service.serve(far) } else { endpoint.serve(far) }
            }
            return near
        }
    }
}
