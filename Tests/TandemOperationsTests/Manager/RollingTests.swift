import Foundation
import TandemManagement
import Testing

/// One component to another image, and back.
struct RollingTests {
    @Test func `a rollout keeps the old image, names the new one and stops the container`() throws {
        var situation = try Situation()
        situation.see()
        let member = situation.member
        let actions = try situation.core.roll(member, to: Situation.new, at: situation.now)
        #expect(
            actions.deeds == [
                .keep(Situation.old, member), .use(Situation.new, member), .stop(member),
            ]
        )
        #expect(actions.books.first?[member].pending?.to == Situation.new)
        let remembered = try #require(
            actions.firstIndex { if case .remember = $0 { true } else { false } }
        )
        let first = try #require(actions.firstIndex { if case .call = $0 { true } else { false } })
        #expect(remembered < first, "what is done can be gone on with after a crash")
    }

    @Test func `a healthy new image ends the rollout, and the old one is remembered`() throws {
        var situation = try rolling()
        situation.see(.absent, .none)
        #expect(situation.see(.running, .starting, image: Situation.new, start: "2").books == [])
        let actions = situation.see(.running, .healthy, image: Situation.new, start: "2")
        let entry = try #require(actions.books.last)[situation.member]
        #expect(entry.previous == Situation.old && entry.pending == nil)
        #expect(entry.last?.word == .done)
        #expect(situation.core.rolling == nil)
    }

    @Test func `a new image that is not healthy in time is rolled back`() throws {
        var situation = try rolling()
        var actions: [ManagerAction] = []
        for _ in 0..<70 {
            actions += situation.see(.running, .starting, image: Situation.new, start: "2")
        }
        try checkRolledBack(&situation, actions, because: "it was not healthy within 60 s")
    }

    @Test func `an unhealthy new image is rolled back at once`() throws {
        var situation = try rolling()
        let actions = situation.see(.running, .unhealthy, image: Situation.new, start: "2")
        try checkRolledBack(&situation, actions, because: "it is unhealthy")
    }

    @Test func `a new image that keeps ending is rolled back before the time is over`() throws {
        var situation = try rolling()
        var actions: [ManagerAction] = []
        for start in 2..<6 {
            actions += situation.see(.running, .starting, image: Situation.new, start: "\(start)")
        }
        try checkRolledBack(&situation, actions, because: "it ended 3 times")
    }

    @Test
    func `a new image that ends before it is seen is rolled back long before the time is over`()
        throws
    {
        var situation = try rolling()
        var actions: [ManagerAction] = []
        for _ in 0..<26 { actions += situation.see(.absent, .none) }
        try checkRolledBack(&situation, actions, because: "it has not run for 25 s")
    }

    @Test func `a new image that comes up late, and the old one on the way back, are waited for`()
        throws
    {
        var situation = try rolling()
        for _ in 0..<24 { #expect(situation.see(.absent, .none).deeds == []) }
        situation.see(.running, .starting, image: Situation.new, start: "2")
        for _ in 0..<24 { #expect(situation.see(.absent, .none).deeds == []) }
        situation.see(.running, .unhealthy, image: Situation.new, start: "3")
        for _ in 0..<59 { #expect(situation.see(.absent, .none).books == []) }
        let end = situation.see(.running, .healthy, image: Situation.old, start: "4")
        #expect(end.books.last?[situation.member].last?.word == .rolledBack)
    }

    @Test func `an image that cannot be put in place is rolled back`() throws {
        var situation = try rolling()
        let error = PodmanError(.refused, "no")
        let call = PodmanCall.use(Situation.new, situation.member)
        let actions = situation.core.failed(call, error, at: situation.now)
        try checkRolledBack(
            &situation,
            actions,
            because: "the image could not be put in place (no)"
        )
    }

    @Test func `where neither image becomes healthy, that is the end and it is said`() throws {
        var situation = try rolling()
        situation.see(.running, .unhealthy, image: Situation.new, start: "2")
        let actions = situation.see(.running, .unhealthy, image: Situation.old, start: "3")
        #expect(actions.books.last?[situation.member].last?.word == .failed)
        #expect(actions.reports.last?.contains("neither image") == true)
        #expect(situation.core.rolling == nil)
    }

    @Test func `back and forth is a rollout each way`() throws {
        var situation = try rolling()
        situation.see(.running, .healthy, image: Situation.new, start: "2")
        let back = try situation.core.rollBack(situation.member, at: situation.now)
        #expect(back.deeds.contains(.use(Situation.old, situation.member)))
        situation.see(.running, .healthy, image: Situation.old, start: "3")
        #expect(situation.core.book[situation.member].previous == Situation.new)
    }

    @Test func `one component is rolled at a time, and none that nothing would start again`() throws
    {
        var situation = try rolling()
        let snapshot = try #require(situation.core.list.member("tandem-snapshot"))
        #expect(throws: ManagerRefusal.busy(situation.member)) {
            try situation.core.roll(snapshot, to: Situation.new, at: situation.now)
        }
        #expect(throws: ManagerRefusal.busy(situation.member)) {
            try situation.core.restart(situation.member)
        }
        var plain = try Situation()
        plain.see(unit: nil)
        #expect(throws: ManagerRefusal.noUnit(plain.member)) {
            try plain.core.roll(plain.member, to: Situation.new, at: plain.now)
        }
        plain.see()
        #expect(throws: ManagerRefusal.runsAlready(plain.member, Situation.old)) {
            try plain.core.roll(plain.member, to: Situation.old, at: plain.now)
        }
        #expect(throws: ManagerRefusal.noPrevious(plain.member)) {
            try plain.core.rollBack(plain.member, at: plain.now)
        }
    }

    @Test func `a rollout under way goes on after a restart of the manager`() throws {
        let begun = try rolling()
        let data = try JSONEncoder().encode(begun.core.book)
        let book = try JSONDecoder().decode(RolloutBook.self, from: data)
        #expect(book == begun.core.book)
        var again = try Situation(book: book)
        #expect(again.core.rolling == again.member)
        // Nothing was done before the crash: all of it is done again.
        #expect(again.see(image: Situation.old).deeds.contains(.use(Situation.new, again.member)))
        #expect(again.see(.running, .healthy, image: Situation.new, start: "2").books.count == 1)
        // All was done before the crash: nothing is done twice.
        var late = try Situation(book: book)
        #expect(late.see(.running, .healthy, image: Situation.new, start: "2").deeds == [])
        #expect(late.core.rolling == nil)
    }

    @Test func `a rollout that cannot be noted does not begin`() throws {
        var situation = try rolling()
        let actions = situation.core.abandon("no space")
        #expect(actions.reports == ["not rolled: no space"])
        #expect(
            situation.core.rolling == nil && situation.core.book[situation.member].pending == nil
        )
    }

    private func rolling() throws -> Situation {
        var situation = try Situation()
        situation.see()
        _ = try situation.core.roll(situation.member, to: Situation.new, at: situation.now)
        return situation
    }

    private func checkRolledBack(
        _ situation: inout Situation,
        _ actions: [ManagerAction],
        because reason: String
    ) throws {
        let member = situation.member
        #expect(actions.deeds.suffix(2) == [.use(Situation.old, member), .stop(member)])
        #expect(situation.core.book[member].pending?.returning == reason)
        let end = situation.see(.running, .healthy, image: Situation.old, start: "9")
        let outcome = try #require(end.books.last?[member].last)
        #expect(outcome.word == .rolledBack && outcome.reason == reason)
        #expect(situation.core.rolling == nil)
    }
}
