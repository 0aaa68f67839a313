package import Dispatch
import TandemFiles
import TandemProtocol
package import TandemSystem
package import TandemTree

/// One pair that is kept in sync until it is stopped: the facade over the loop that does it.
///
/// Calls may come from any thread. What blocks says so and takes a deadline.
package final class LiveSync: Sendable {
    private let events = BoundedQueue<LoopEvent>(capacity: .max)
    private let board: LiveBoard
    private let pair: LaptopPair
    private let settings: LiveSettings
    private let connect: @Sendable () throws -> any ByteLink
    private let following: FollowedFile?
    private let isOver = Monitor(false)

    /// Prepares a pair; nothing is opened before `start`.
    ///
    /// - Parameters:
    ///   - pair: the pair; the caller holds its lock.
    ///   - settings: directions and rules.
    ///   - connect: makes a link to the receiver; called anew for each attempt.
    ///   - following: a file whose content somebody must know the origin of.
    ///   - observer: told what happens, from the loop's thread; must not block for long.
    package init(
        pair: LaptopPair,
        settings: LiveSettings,
        connect: @escaping @Sendable () throws -> any ByteLink,
        following: FollowedFile? = nil,
        observer: @escaping @Sendable (LiveEvent) -> Void
    ) {
        self.pair = pair
        self.settings = settings
        self.connect = connect
        self.following = following
        board = LiveBoard(observer: observer)
    }

    /// Starts syncing.
    package func start() {
        WorkerThread.start("tandem-sync") {
            LiveLoop(
                pair: self.pair,
                settings: self.settings,
                connect: self.connect,
                events: self.events,
                board: self.board,
                following: self.following
            ).run()
            self.isOver.change { $0 = true }
        }
    }

    /// Stops at a safe point; false when that took longer.
    package func stop(until deadline: DispatchTime) -> Bool {
        events.put(.command(.stop))
        return isOver.wait(until: deadline) { $0 ? true : nil } ?? false
    }

    /// Ends the link and leaves both sides alone until `resume`.
    package func pause() { events.put(.command(.pause)) }

    /// Goes on after a pause, or tries again after a failure.
    package func resume() { events.put(.command(.resume)) }

    /// The network changed, or the machine woke: connects at once, and makes sure of a link that
    /// stands.
    package func reconnectNow() { events.put(.command(.reconnect)) }

    /// Takes other directions and rules.
    package func update(_ settings: LiveSettings) { events.put(.command(.use(settings))) }

    /// Accepts so many deletions where a plan halted because of their number.
    package func accept(deletions: Int) { events.put(.command(.accept(deletions))) }

    /// Where the pair stands.
    package var status: LiveStatus { board.status }

    /// Waits until all that was saved before the call is durable on the other side.
    package func flush(until deadline: DispatchTime) -> FlushResult {
        let ticket = Ticket<FlushResult>()
        events.put(.command(.flush(ticket)))
        return ticket.wait(until: deadline) ?? .timedOut
    }

    /// What would be done with both sides as they are, once they are compared.
    ///
    /// - Parameters:
    ///   - isReset: whether to plan as if both sides had agreed on nothing yet.
    ///   - deadline: when to give up.
    /// - Returns: the plan; nothing is done.
    /// - Throws: `SyncError` where the sides cannot be compared.
    package func plan(isReset: Bool, until deadline: DispatchTime) throws -> LivePlan {
        let ticket = Ticket<Result<LivePlan, SyncError>>()
        events.put(.command(.plan(isReset: isReset, ticket)))
        guard let result = ticket.wait(until: deadline) else {
            throw SyncError(.timedOut, "both sides were not compared in time")
        }
        return try result.get()
    }

    /// Settles conflicts, if both sides still hold what the resolutions name.
    ///
    /// - Throws: `SyncError` when one could not be settled, or not before the deadline.
    package func resolve(_ resolutions: [Resolution], until deadline: DispatchTime) throws {
        let ticket = Ticket<SyncError?>()
        events.put(.command(.resolve(resolutions, ticket)))
        guard let result = ticket.wait(until: deadline) else {
            throw SyncError(.timedOut, "the conflicts were not settled in time")
        }
        if let error = result { throw error }
    }

    /// The content of a path on one side; from the vm it is fetched.
    ///
    /// - Parameters:
    ///   - path: of a file or link.
    ///   - side: whose.
    ///   - limit: the most bytes wanted.
    ///   - deadline: when to give up.
    /// - Returns: the bytes; nil where no file or link stands.
    /// - Throws: `SyncError` when it is larger, or cannot be had.
    package func contents(
        of path: RelativePath,
        on side: Side,
        limit: Int,
        until deadline: DispatchTime
    ) throws -> [UInt8]? {
        let ticket = Ticket<Result<[UInt8]?, SyncError>>()
        events.put(.command(.contents(path, side, limit: limit, ticket)))
        guard let result = ticket.wait(until: deadline) else {
            throw SyncError(.timedOut, "the content of \(path) did not come in time")
        }
        return try result.get()
    }
}

/// One answer that another thread waits for.
final class Ticket<Value: Sendable>: Sendable {
    private let monitor = Monitor<Value?>(nil)

    func answer(_ value: Value) { monitor.change { $0 = $0 ?? value } }

    func wait(until deadline: DispatchTime) -> Value? {
        monitor.wait(until: deadline) { $0 }
    }
}

/// What a loop is told by its threads and by the facade.
enum LoopEvent: Sendable {
    case noticed(WatchBatch)
    case connected(attempt: UInt64, Result<any ByteLink, any Error>)
    case message(attempt: UInt64, VMMessage)
    case linkEnded(attempt: UInt64, SyncError)
    case contentSent(attempt: UInt64, UInt64)
    case command(Command)

    enum Command: Sendable {
        case stop
        case pause
        case resume
        case reconnect
        case use(LiveSettings)
        case accept(Int)
        case flush(Ticket<FlushResult>)
        case plan(isReset: Bool, Ticket<Result<LivePlan, SyncError>>)
        case resolve([Resolution], Ticket<SyncError?>)
        case contents(RelativePath, Side, limit: Int, Ticket<Result<[UInt8]?, SyncError>>)
    }
}
