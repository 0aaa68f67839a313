import Dispatch
import Glibc
import Logging
import Synchronization
import TandemControl
import TandemSystem

/// Listens on the control socket and holds every conversation on a thread of its own.
final class ControlServer: Sendable {
    /// Conversations at once: a hundred listeners and as many commands.
    static let maximumConversations = 256
    /// How often the thread that accepts looks whether it is to end.
    private static let lookMilliseconds: Int32 = 250

    private struct State {
        var channels: [ObjectIdentifier: ControlChannel] = [:]
        var isClosed = false
    }

    private let listener: OwnedDescriptor
    private let service: AgentService
    private let hub: EventHub
    private let logger: Logger
    private let state = Monitor(State())

    /// Listens.
    ///
    /// - Throws: `SystemError`
    init(socket: String, service: AgentService, hub: EventHub, logger: Logger) throws {
        listener = OwnedDescriptor(try UnixSocket.listen(at: socket))
        self.service = service
        self.hub = hub
        self.logger = logger
    }

    func start() {
        WorkerThread.start("tandem-control") { [self] in
            while !state.look(\.isClosed) {
                do {
                    let wait = Self.lookMilliseconds
                    if let raw = try UnixSocket.accept(on: listener.raw, milliseconds: wait) {
                        take(raw)
                    }
                } catch {
                    logger.error("the control socket failed: \(error)")
                    return
                }
            }
        }
    }

    /// Ends every conversation, and takes no more.
    func close() {
        let channels = state.change { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close() }
    }

    /// Only this user, and root, may ask anything; others are sent away without a word.
    static func admits(_ uid: UInt32?) -> Bool { uid == geteuid() || uid == 0 }

    private func take(_ raw: Int32) {
        let uid = UnixSocket.peerUID(of: raw)
        let channel = ControlChannel(
            DescriptorLink(input: raw, output: raw),
            limit: ControlFrame.longestRequest
        )
        guard Self.admits(uid) else {
            let name = uid.map(String.init) ?? "unknown"
            logger.warning("refused a conversation", metadata: ["uid": "\(name)"])
            channel.close()
            return
        }
        let isTaken = state.change { state in
            guard !state.isClosed, state.channels.count < Self.maximumConversations else {
                return false
            }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isTaken else {
            channel.close()
            return
        }
        WorkerThread.start("tandem-talk") { [self] in
            ControlTalk(channel: channel, service: service, hub: hub).run()
            channel.close()
            _ = state.change { $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }
}

/// One conversation from the greeting to the end.
struct ControlTalk {
    /// How long a command may take to greet.
    private static let greetingSeconds = 5
    /// How often a listener who hears nothing is looked after.
    private static let silenceMilliseconds = 1000

    let channel: ControlChannel
    let service: AgentService
    let hub: EventHub

    func run() {
        do {
            let deadline = DispatchTime.now() + .seconds(Self.greetingSeconds)
            guard let greeting = try channel.receive(Greeting.self, until: deadline) else { return }
            // The other side finds out by the version in it.
            try channel.send(service.greeting)
            try greeting.checkCommand()
            while let request = try channel.receive(ControlRequest.self, until: .distantFuture) {
                switch request {
                case .events(let pairs): return try tell(of: pairs)
                case .lend(let pair): return try lend(pair)
                default: try channel.send(service.answer(request))
                }
            }
        } catch let error where error.code == .garbled {
            try? channel.send(ControlAnswer.failed(ControlFailure(.refused, error.message)))
        } catch {}
    }

    /// Holds a pair still until the conversation ends, however that comes.
    private func lend(_ pair: String) throws(ControlError) {
        let takeBack: @Sendable () -> Void
        do {
            takeBack = try service.lend(pair)
        } catch {
            return try channel.send(ControlAnswer.failed(ControlFailure(of: error)))
        }
        defer { takeBack() }
        try channel.send(ControlAnswer.done)
        _ = try channel.receive(ControlRequest.self, until: .distantFuture)
    }

    /// Sends events until the listener leaves.
    private func tell(of pairs: [String]) throws(ControlError) {
        let subscription = hub.subscribe(pairs: Set(pairs))
        defer { hub.end(subscription) }
        try channel.send(ControlAnswer.done)
        while true {
            let wait = DispatchTime.now() + .milliseconds(Self.silenceMilliseconds)
            guard let events = subscription.take(until: wait) else { return }
            for event in events { try channel.send(ControlAnswer.event(event)) }
            if events.isEmpty, try hasLeft() { return }
        }
    }

    /// Whether the listener ended the conversation; a listener who says something breaks the rules.
    private func hasLeft() throws(ControlError) -> Bool {
        do {
            return try channel.receive(ControlRequest.self, until: .now()) == nil
        } catch let error where error.code == .timedOut {
            return false
        }
    }
}
