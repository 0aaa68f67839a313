import TandemManagement
import Testing

/// What the manager does about a component that is not well.
struct WatchingTests {
    @Test func `a healthy container is left alone`() throws {
        var situation = try Situation()
        for _ in 0..<100 { #expect(situation.see(after: 5).deeds == []) }
    }

    @Test func `an unhealthy container of a unit is stopped, so that its unit starts it`() throws {
        var situation = try Situation()
        situation.see()
        #expect(situation.see(.running, .unhealthy).deeds == [])
        #expect(situation.see(.running, .unhealthy).deeds == [.stop(situation.member)])
    }

    @Test func `an unhealthy container without a unit is restarted by Podman`() throws {
        var situation = try Situation()
        situation.see(unit: nil)
        situation.see(.running, .unhealthy, unit: nil)
        let actions = situation.see(.running, .unhealthy, unit: nil)
        #expect(actions.deeds == [.restart(situation.member)])
        #expect(actions.reports == ["restarting: it is unhealthy"])
    }

    @Test func `restarts come ever later, and end with a word to a person`() throws {
        var times = ManagerTimes()
        times.backoff.attempts = 4
        var situation = try Situation(times: times)
        var waits: [UInt64] = []
        var last = situation.now
        var said: [String] = []
        for start in 0..<200 {
            let actions = situation.see(.running, .unhealthy, start: "\(start / 40)", unit: nil)
            said += actions.reports
            if !actions.deeds.isEmpty {
                waits.append((situation.now - last) / Situation.second)
                last = situation.now
            }
        }
        #expect(waits.count == 4 && waits == waits.sorted() && waits.last ?? 0 >= 8, "\(waits)")
        #expect(said.filter { $0.contains("left alone") }.count == 1)
        #expect(situation.core.words(situation.member) == "left alone after 4 restarts")
    }

    @Test func `a container that was given up is watched again when a person restarts it`() throws {
        var times = ManagerTimes()
        times.backoff.attempts = 1
        var situation = try Situation(times: times)
        for _ in 0..<20 { situation.see(.running, .unhealthy, unit: nil) }
        #expect(situation.core.words(situation.member).hasPrefix("left alone"))
        let actions = try situation.core.restart(situation.member)
        #expect(actions.deeds == [.restart(situation.member)])
        situation.see(.running, .healthy, start: "2", unit: nil)
        situation.see(.running, .unhealthy, start: "2", unit: nil)
        #expect(situation.see(.running, .unhealthy, start: "2", unit: nil).deeds.count == 1)
    }

    @Test func `a container that ended by itself is started, one that was stopped is not`() throws {
        var situation = try Situation()
        situation.see(unit: nil)
        situation.see(.ended(code: 3, byRequest: false), unit: nil)
        let actions = situation.see(.ended(code: 3, byRequest: false), unit: nil)
        #expect(actions.deeds == [.start(situation.member)])
        var other = try Situation()
        for _ in 0..<50 {
            #expect(other.see(.ended(code: 0, byRequest: true), unit: nil, after: 60).deeds == [])
        }
    }

    @Test func `a unit has its time to bring a container back, then a person is told once`() throws
    {
        var situation = try Situation()
        situation.see()
        var said: [String] = []
        for _ in 0..<60 { said += situation.see(.absent, .none, after: 5).reports }
        #expect(said.count == 1)
        #expect(said.first?.contains("systemctl --user status tandem-receiver.service") == true)
        #expect(situation.see(start: "2").reports == ["it is healthy again"])
    }

    @Test func `a container that starts for ever is restarted`() throws {
        var situation = try Situation()
        var deeds: [PodmanCall] = []
        for _ in 0..<230 {
            deeds += situation.see(.running, .starting, start: "\(deeds.count)").deeds
        }
        #expect(deeds == [.stop(situation.member)])
    }

    @Test func `where no timer checks the health, the manager asks for it`() throws {
        var situation = try Situation()
        var seen = ContainerObservation(.running)
        seen.health = .healthy
        seen.start = "1"
        var asked = 0
        for second in 0..<100 {
            let now = situation.now + UInt64(second) * Situation.second
            let actions = situation.core.observe(seen, of: situation.member, at: now, spread: 0)
            asked += actions.calls.count { $0 == .checkHealth(situation.member) }
        }
        #expect(asked == 3, "at once, after 45 s and after 90 s")
    }
}
