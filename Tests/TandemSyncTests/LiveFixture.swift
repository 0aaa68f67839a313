import Dispatch
import Foundation
import Synchronization
import TandemFiles
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree

/// A pair of a laptop and a vm directory in one process that is kept in sync while it lives.
final class LiveFixture: Sendable {
    let fixture: PairFixture
    let live: LiveSync

    /// How long a test waits for what must come.
    static let patience: DispatchTimeInterval = .seconds(60)

    init(
        _ fixture: PairFixture,
        settings: LiveSettings = LiveSettings(),
        pair: LaptopPair? = nil,
        start: Bool = true,
        through wrap: @escaping @Sendable (any ByteLink) throws -> any ByteLink = { $0 }
    ) {
        self.fixture = fixture
        let box = Box()
        self.box = box
        let connect = fixture.connector()
        live = LiveSync(
            pair: pair ?? fixture.pair,
            settings: settings,
            connect: {
                let link = try wrap(connect())
                box.links.withLock { $0.append(link) }
                return link
            },
            observer: { event in box.events.withLock { $0.append("\(event)") } }
        )
        if start { live.start() }
    }

    private final class Box: Sendable {
        let links = Mutex<[any ByteLink]>([])
        let events = Mutex<[String]>([])
    }

    private let box: Box

    deinit { _ = live.stop(until: .now() + .seconds(5)) }

    var events: [String] { box.events.withLock { $0 } }

    /// Cuts the link that stands.
    func cut() { box.links.withLock { $0.last }?.close() }

    /// Waits until a condition holds; false when it did not in time.
    func wait(_ condition: () throws -> Bool) rethrows -> Bool {
        let deadline = DispatchTime.now() + Self.patience
        while DispatchTime.now() < deadline {
            if try condition() { return true }
            usleep(2_000)
        }
        return try condition()
    }

    func flush() -> FlushResult { live.flush(until: .now() + Self.patience) }

    /// Flushes until both sides are in sync; false when they were not in time.
    func flushed() throws -> Bool {
        wait { if case .inSync = flush() { true } else { false } }
    }

    /// Flushes and says what differs; empty when both sides hold the same.
    func differencesAfterFlush() throws -> String {
        let deadline = DispatchTime.now() + Self.patience
        while true {
            switch flush() {
            case .inSync: return try fixture.differences()
            // What was saved is there; something that the test did not wait for goes on.
            case .durable where DispatchTime.now() < deadline: continue
            case let other:
                let status = live.status
                return "\(other): \(status.phase), \(status.headline), \(events.suffix(5))"
            }
        }
    }
}

extension TemporaryDirectory {
    /// Writes a file, its directories made.
    func put(_ text: String, at name: String) throws {
        let path = path(name)
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// A file's text; nil when there is none.
    func text(_ name: String) -> String? {
        FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension LiveFixture {
    var isPaused: Bool {
        if case .paused = live.status.phase { return true }
        return false
    }

    var isHalted: Bool {
        if case .halted = live.status.phase { return true }
        return false
    }
}

extension TemporaryDirectory {
    /// Says that a file was modified then; nanoseconds since 1970.
    func setModified(_ name: String, _ time: Int64) throws {
        let seconds = Double(time) / 1e9
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: seconds)],
            ofItemAtPath: path(name)
        )
    }

    func chmod(_ name: String, _ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    }

    func mode(_ name: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path(name))
        return attributes?[.posixPermissions] as? Int ?? 0
    }

    func target(_ name: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: path(name))
    }

    /// What stands in it, sorted.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
    }

    func copyContents(to other: TemporaryDirectory) throws {
        for name in try names() {
            try FileManager.default.copyItem(atPath: path(name), toPath: other.path(name))
        }
    }

    func removeContents() throws {
        for name in try names() { try FileManager.default.removeItem(atPath: path(name)) }
    }
}
