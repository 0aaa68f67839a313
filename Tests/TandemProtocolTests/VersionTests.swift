import Testing

@testable import TandemProtocol

struct VersionTests {
    @Test
    func `bad input 93: the vm learns both ranges from a Hello of another version`() throws {
        var payload: [UInt8] = [9, 12]
        payload += [0xff, 0xff, 0xff]  // the rest of a newer Hello may be anything
        var vm = VMEnd(now: 0)
        let events = try vm.receive(try frame(.hello, payload), now: 0)
        let newer = try #require(VersionRange(lowest: 9, highest: 12))
        let mismatch = VersionMismatch(laptop: newer, vm: .own)
        #expect(events == [.versionMismatch(mismatch)])
        #expect(!mismatch.laptopIsOlder)
        #expect(mismatch.description.hasSuffix("upgrade Tandem on the vm"))
        #expect(throws: Never.self) {
            try vm.encode(.failure(Failure(.version, mismatch.description)), now: 0)
        }
    }

    @Test
    func `bad input 93: the laptop learns both ranges from the greeting`() throws {
        let newer = try #require(VersionRange(lowest: 2, highest: 3))
        var laptop = LaptopEnd(now: 0)
        let events = try laptop.receive(GreetingScanner.greeting(newer), now: 0)
        let mismatch = VersionMismatch(laptop: .own, vm: newer)
        #expect(events == [.versionMismatch(mismatch)])
        #expect(mismatch.laptopIsOlder)
        #expect(laptop.isClosed)
    }

    @Test
    func `bad input 93: a Welcome outside the range is refused`() throws {
        var laptop = LaptopEnd(now: 0)
        _ = try laptop.encode(.hello(Samples.hello), now: 0)
        var welcome = Samples.welcome
        welcome.version = 2
        let bytes = try VMEnd(now: 0).greeting + VMMessage.welcome(welcome).frame()
        #expect(code { _ = try laptop.receive(bytes, now: 0) } == .badValue)
    }

    @Test
    func `a Welcome names the highest version of both ranges, and neither end takes another`()
        throws
    {
        let old = try #require(VersionRange(lowest: 1, highest: 2))
        let new = try #require(VersionRange(lowest: 2, highest: 3))
        for (laptopRange, vmRange) in [(old, new), (new, old)] {
            for named in [1, 2, 3] as [UInt8] {
                var laptop = LaptopEnd(versions: laptopRange, now: 0)
                var vm = VMEnd(versions: vmRange, now: 0)
                var hello = Samples.hello
                hello.versions = laptopRange
                #expect(try laptop.receive(vm.greeting, now: 0) == [.greeted(vmRange)])
                _ = try vm.receive(laptop.encode(.hello(hello), now: 0), now: 0)
                var welcome = Samples.welcome
                welcome.version = named
                let said = code { _ = try vm.encode(.welcome(welcome), now: 0) }
                let frame = try VMMessage.welcome(welcome).frame()
                let heard = code { _ = try laptop.receive(frame, now: 0) }
                #expect([said, heard] == (named == 2 ? [nil, nil] : [.badValue, .badValue]))
            }
        }
    }

    @Test
    func `a laptop says Hello in the versions that its end speaks`() throws {
        var hello = Samples.hello
        hello.versions = try #require(VersionRange(lowest: 1, highest: 2))
        var laptop = LaptopEnd(now: 0)
        #expect(code { _ = try laptop.encode(.hello(hello), now: 0) } == .badValue)
    }

    @Test
    func `two sides speak the highest version both know`() throws {
        let old = try #require(VersionRange(lowest: 1, highest: 3))
        let new = try #require(VersionRange(lowest: 2, highest: 5))
        #expect(old.common(with: new) == 3)
        #expect(new.common(with: old) == 3)
        #expect(VersionRange.own.common(with: new) == nil)
        #expect(VersionRange(lowest: 0, highest: 1) == nil)
        #expect(VersionRange(lowest: 3, highest: 2) == nil)
    }

    @Test
    func `the greeting is found behind what a login shell prints`() throws {
        // The second one ends in the beginning of a marker.
        for noise in ["", "Welcome to Debian\n", "x\0TANDE", "\0\0\0", "\0TANDEM\0TANDEM"] {
            var laptop = LaptopEnd(now: 0)
            let events = try laptop.receive(Array(noise.utf8) + VMEnd(now: 0).greeting, now: 0)
            #expect(events == [.greeted(.own)], "\(noise)")
            #expect(laptop.preamble == Array(noise.utf8), "\(noise)")
        }
    }

    @Test
    func `a link that says no greeting in 64 KiB is given up, and its words are kept`() {
        var laptop = LaptopEnd(now: 0)
        let noise = Array(repeatElement(Array("no such file\n".utf8), count: 6_000).joined())
        #expect(code { _ = try laptop.receive(noise, now: 0) } == .noGreeting)
        #expect(laptop.preamble.starts(with: Array("no such file".utf8)))
        #expect(laptop.preamble.count == 512)
    }

    @Test
    func `a Hello carries a new token exactly when it starts a lineage`() throws {
        for purpose in Purpose.allCases {
            var hello = Samples.hello
            hello.purpose = purpose
            let starts = purpose == .pair || purpose == .adopt
            #expect((code { try hello.validate() } == .badValue) == starts)
            hello.newToken = Samples.token(1)
            #expect((code { try hello.validate() } == nil) == starts)
        }
    }
}
