import Dispatch
import Synchronization
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemSync

/// What a change of the network, or waking, means for the link that stands and for one that comes.
@Suite(.tags(.fault)) struct ReconnectTests {
    @Test func `a link that says nothing after the network changed is made anew at once`() throws {
        let links = Mutex<[DroppingLink]>([])
        let pair = LiveFixture(try PairFixture()) { bytes in
            let link = DroppingLink(bytes)
            links.withLock { $0.append(link) }
            return link
        }
        #expect(try pair.differencesAfterFlush() == "")
        links.withLock { $0.last }?.dropAll()
        try pair.fixture.laptop.put("one", at: "a.txt")
        // Again and again, as in life: a link that has just begun is not asked.
        let isGivenUp = pair.wait {
            pair.live.reconnectNow()
            return pair.events.contains { $0.contains("asked for a sign of life") }
        }
        #expect(isGivenUp)
        #expect(try pair.differencesAfterFlush() == "")
    }

    @Test func `an attempt to connect that hangs is not waited for when the network changes`()
        throws
    {
        let release = Monitor(false)
        let isFirst = Mutex(true)
        let pair = LiveFixture(try PairFixture()) { link in
            let hangs = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            if hangs { _ = release.wait { $0 ? true : nil } }
            return link
        }
        try pair.fixture.laptop.put("one", at: "a.txt")
        let isConnected = pair.wait {
            pair.live.reconnectNow()
            return pair.live.status.isConnected
        }
        #expect(isConnected)
        #expect(try pair.differencesAfterFlush() == "")
        // What comes of the first attempt at last changes nothing.
        release.change { $0 = true }
        try pair.fixture.laptop.put("two", at: "a.txt")
        #expect(try pair.differencesAfterFlush() == "")
        #expect(pair.events.count { $0.contains("linkUp") } == 1, "\(pair.events)")
    }
}

/// A link whose bytes a test can have vanish in both directions, as in a network that is gone.
private final class DroppingLink: ByteLink {
    private struct State {
        var drops = false
        var isClosed = false
    }

    private let link: any ByteLink
    private let state = Monitor(State())

    init(_ link: any ByteLink) { self.link = link }

    func dropAll() { state.change { $0.drops = true } }

    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int {
        if !state.look({ $0.drops }) {
            let count = try link.read(into: buffer, until: deadline)
            if !state.look({ $0.drops }) { return count }
        }
        let isClosed = state.wait(until: deadline) { $0.isClosed ? true : nil }
        throw LinkError(isClosed == true ? .closed : .timedOut, "nothing came")
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        if !state.look({ $0.drops }) { try link.write(bytes) }
    }

    func close() {
        state.change { $0.isClosed = true }
        link.close()
    }
}
