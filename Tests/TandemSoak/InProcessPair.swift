import Dispatch
import Foundation
import Synchronization
import TandemFiles
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree

/// Both ends in this process, joined by a socket pair: no program, no sshd, quick to start.
package final class InProcessPair: SoakPair {
    package let laptop: String
    package let vm: String
    package let trash: String
    package let identifier: [UInt8]
    private let live: LiveSync
    private let places: TemporaryDirectory
    private let box: Box

    fileprivate final class Box: Sendable {
        let links = Mutex<[any ByteLink]>([])
        let events = Mutex<[String]>([])
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

    package func start() { live.start() }

    package func cut() { box.links.withLock { $0.last }?.close() }

    /// What was told beside batches and phases, the last of it.
    package var events: [String] { box.events.withLock { $0 } }

    package var memory: String { "" }

    package func flush(seconds: Int) -> SoakFlush {
        switch live.flush(until: .now() + .seconds(seconds)) {
        case .inSync: .inSync
        case .durable: .durable
        case .attention(let lines): .attention(lines)
        case .timedOut: .timedOut
        case .broken(let error): .broken(error.message)
        }
    }

    package func standing() -> SoakStanding {
        let status = live.status
        var standing = SoakStanding(
            headline: status.headline,
            conflicts: status.conflicts.map { "\($0.conflict.path)" },
            problems: status.problems.map { "\($0.path): \($0.reason)" },
            generation: status.generation
        )
        if case .halted(let error) = status.phase { standing.halt = error.message }
        return standing
    }

    package func settle(choice: Int, keep: SoakKeep) -> Bool? {
        let open = live.status.conflicts.map(\.conflict)
        guard !open.isEmpty else { return nil }
        let conflict = open[choice % open.count]
        let resolution = Resolution(
            path: conflict.path,
            laptop: conflict.laptop,
            vm: conflict.vm,
            keep: Resolution.Keep(keep)
        )
        do {
            try live.resolve([resolution], until: .now() + .seconds(5))
            return true
        } catch {
            // A side changed since, or the link is cut: the next one is tried.
            return false
        }
    }

    package func acceptDeletions() { live.accept(deletions: .max) }

    package func stop() throws {
        guard live.stop(until: .now() + .seconds(60)) else {
            throw CommandFailure("it did not stop within a minute")
        }
    }

    package func end() {}
}

extension Resolution.Keep {
    fileprivate init(_ keep: SoakKeep) {
        switch keep {
        case .laptop: self = .laptop
        case .vm: self = .vm
        case .both: self = .both
        }
    }
}

extension InProcessPair.Box {
    private static let kept = 200

    fileprivate func take(_ event: LiveEvent) {
        switch event {
        case .batch, .phase, .conflictOpened, .conflictClosed, .conflictTimes, .linkUp: break
        case .linkDown, .halted, .notice:
            events.withLock { list in
                list.append("\(event)")
                if list.count > Self.kept { list.removeFirst() }
            }
        }
    }
}
