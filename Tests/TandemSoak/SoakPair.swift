import Dispatch
import Foundation
import Synchronization
import TandemFiles
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree

/// A laptop and a vm directory that are kept in sync, and a link that can be cut.
package final class SoakPair: Sendable {
    package let laptop: String
    package let vm: String
    let trash: String
    let live: LiveSync
    let identifier: [UInt8]
    private let places: TemporaryDirectory
    private let box: Box

    fileprivate final class Box: Sendable {
        let links = Mutex<[any ByteLink]>([])
        let events = Mutex<[String]>([])
        let batches = Mutex(0)
    }

    /// Makes both directories and a receiver in this process, paired.
    ///
    /// - Parameter trace: told each event of the session, for a person who looks for a cause.
    /// - Throws: what making the directories or pairing meets.
    package init(trace: (@Sendable (String) -> Void)? = nil) throws {
        ProcessSettings.harden()
        places = try TemporaryDirectory()
        for name in ["laptop", "vm", "trash", "laptop-state", "vm-state"] {
            try FileManager.default.createDirectory(
                atPath: places.path(name),
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        }
        (laptop, vm, trash) = (places.path("laptop"), places.path("vm"), places.path("trash"))
        identifier = (0..<16).map { UInt8($0) }
        let pair = LaptopPair(
            id: identifier,
            root: laptop,
            stateDirectory: places.path("laptop-state")
        )
        let endpoint = Self.endpoint(vm, places.path("vm-state"))
        let connect: @Sendable () throws -> any ByteLink = {
            let (near, far) = try DescriptorLink.pair()
            WorkerThread.start("receiver") { endpoint.serve(far) }
            return near
        }
        _ = try VMRequests(pair: pair, connect: connect).pair()
        let box = Box()
        self.box = box
        live = LiveSync(
            pair: pair,
            settings: LiveSettings(),
            connect: {
                let link = try connect()
                box.links.withLock { $0 = [link] }
                return link
            },
            observer: { event in
                trace?(String("\(event)".prefix(300)))
                box.take(event)
            }
        )
    }

    private static func endpoint(_ root: String, _ state: String) -> ReceiverEndpoint {
        var limits = BatchLimits()
        limits.floorBytes = 1 << 20
        return ReceiverEndpoint(
            settings: .init(
                root: root,
                stateDirectory: state,
                receiverText: "receiver of a soak",
                limits: limits
            ),
            fileSystem: RealFileSystem(),
            log: { _ in }
        )
    }

    /// Cuts the link that stands.
    func cut() { box.links.withLock { $0.last }?.close() }

    /// What was told beside batches and phases, the last of it.
    var events: [String] { box.events.withLock { $0 } }

    var batches: Int { box.batches.withLock { $0 } }

    /// What differs between the two directories, by a comparison that is not Tandem's.
    func differences() throws -> [String] {
        let output = try Command.run(
            "rsync",
            [
                "-rlcnE", "--delete", "--itemize-changes", "--exclude=/.tandem", "--exclude=.git",
                laptop + "/", vm + "/",
            ]
        )
        // rsync also reports times of directories and files, which Tandem does not sync.
        return String(decoding: output, as: UTF8.self).split(separator: "\n").filter { line in
            !line.hasPrefix(".") || line.prefix(11).dropFirst(2).contains { "csp".contains($0) }
        }.map(String.init)
    }
}

extension SoakPair.Box {
    private static let kept = 200

    fileprivate func take(_ event: LiveEvent) {
        switch event {
        case .batch: batches.withLock { $0 += 1 }
        case .phase, .conflictOpened, .conflictClosed, .linkUp: break
        case .linkDown, .halted, .notice:
            events.withLock { list in
                list.append("\(event)")
                if list.count > Self.kept { list.removeFirst() }
            }
        }
    }
}
