import TandemHTTP
import TandemManagement
import Testing

/// A core with one component, a clock that is turned by hand, and short ways to say what is seen.
struct Situation {
    static let old = image("a")
    static let new = image("b")
    static let second: UInt64 = 1_000_000_000

    var core: ManagerCore
    let member: WatchList.Member
    var now: UInt64 = 1_000 * second

    init(book: RolloutBook = RolloutBook(), times: ManagerTimes = ManagerTimes()) throws {
        let list = try WatchList(["tandem-receiver", "tandem-snapshot"])
        member = try #require(list.member("receiver"))
        core = ManagerCore(list: list, book: book, times: times, at: now)
    }

    static func image(_ digit: Character) -> ImageID {
        ImageID(String(repeating: digit, count: 64)) ?? { preconditionFailure("a digit") }()
    }

    /// Lets time pass, then shows the core a container.
    @discardableResult
    mutating func see(
        _ state: ContainerObservation.State = .running,
        _ health: ContainerObservation.Health = .healthy,
        image: ImageID = old,
        start: String = "1",
        unit: String? = "tandem-receiver.service",
        after seconds: UInt64 = 1
    ) -> [ManagerAction] {
        now += seconds * Self.second
        var seen = ContainerObservation(state)
        seen.health = health
        seen.image = state == .absent ? nil : image
        seen.start = start
        seen.unit = unit
        // Podman's timers check all the time.
        seen.healthStamp = "\(now)"
        return core.observe(seen, of: member, at: now, spread: 0)
    }
}

extension [ManagerAction] {
    var calls: [PodmanCall] {
        compactMap { if case .call(let call) = $0 { call } else { nil } }
    }

    /// The calls that change something.
    var deeds: [PodmanCall] { calls.filter { $0.method == .post } }

    var reports: [String] {
        compactMap { if case .report(let report) = $0 { report.text } else { nil } }
    }

    var books: [RolloutBook] {
        compactMap { if case .remember(let book) = $0 { book } else { nil } }
    }
}
