import TandemConfiguration
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemProject

struct ConfigurationTrustTests {
    private func digest(_ text: String) -> Digest { ContentHasher.digest(of: Array(text.utf8)) }

    private func approved(_ text: String) -> ConfigurationTrust {
        var trust = ConfigurationTrust()
        trust.approve(digest(text))
        return trust
    }

    @Test func `nothing is approved at first, and no file is what holds`() {
        let trust = ConfigurationTrust()
        #expect(trust.allows(nil) && !trust.allows(digest("a")))
    }

    @Test func `the user's own edit is approved by being made`() {
        var trust = approved("a")
        trust.edited(on: .laptop, digest("b"))
        #expect(trust.allows(digest("b")) && trust.pending == nil)
        trust.edited(on: .laptop, nil)
        #expect(trust.allows(nil))
    }

    @Test func `what the vm brought waits, also when the file goes`() {
        var trust = approved("a")
        trust.applied(from: .vm, digest("b"))
        #expect(!trust.allows(digest("b")) && trust.allows(digest("a")))
        #expect(trust.pending == .init(digest: digest("b"), origin: .vm))
        trust.applied(from: .vm, nil)
        #expect(!trust.allows(nil) && trust.pending == .init(digest: nil, origin: .vm))
    }

    @Test func `an edit on top of what waits waits too`() {
        var trust = approved("a")
        trust.applied(from: .vm, digest("b"))
        trust.edited(on: .laptop, digest("b and a line"))
        #expect(!trust.allows(digest("b and a line")))
        #expect(trust.pending?.origin == .vm)
        trust.edited(on: .laptop, digest("a"))
        #expect(trust.pending == nil && trust.allows(digest("a")))
        trust.edited(on: .laptop, digest("c"))
        #expect(trust.allows(digest("c")))
    }

    @Test func `content of the vm's stays its own when it is put back by hand`() {
        var trust = approved("a")
        trust.applied(from: .vm, digest("b"))
        trust.edited(on: .laptop, digest("a"))
        trust.edited(on: .laptop, digest("b"))
        #expect(!trust.allows(digest("b")) && trust.pending?.origin == .vm)
    }

    @Test func `what is approved counts as one's own from then on`() {
        var trust = approved("a")
        trust.applied(from: .vm, digest("b"))
        trust.approve(digest("b"))
        trust.edited(on: .laptop, digest("c"))
        trust.edited(on: .laptop, digest("b"))
        #expect(trust.allows(digest("b")))
    }

    @Test func `what nobody saw change waits`() {
        var trust = approved("a")
        trust.found(digest("b"))
        #expect(trust.pending == .init(digest: digest("b"), origin: .unknown))
        trust.edited(on: .laptop, digest("c"))
        #expect(!trust.allows(digest("c")))
        trust.found(digest("a"))
        #expect(trust.pending == nil)
    }

    @Test(.tags(.property))
    func `in no course of events does content of the vm's take effect without an approval`() {
        for seed in 0..<500 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var trust = approved("0")
            var tainted: Set<String> = []
            var file = "0"
            for step in 0..<40 {
                switch generator.below(5) {
                case 0:
                    file = "vm \(seed) \(generator.below(6))"
                    tainted.insert(file)
                    trust.applied(from: .vm, digest(file))
                case 1:
                    // On top of what stands there, tainted or not.
                    let isTainted = tainted.contains(file)
                    file = "edit \(generator.below(6)) of \(file.suffix(60))"
                    if isTainted { tainted.insert(file) }
                    trust.edited(on: .laptop, digest(file))
                case 2:
                    file = "0"
                    trust.edited(on: .laptop, digest(file))
                case 3: trust.found(digest(file))
                default:
                    guard let again = ConfigurationTrust(decoding: trust.encoded) else {
                        Issue.record("seed \(seed) step \(step): not read back")
                        return
                    }
                    #expect(again == trust, "seed \(seed) step \(step)")
                    trust = again
                }
                for bad in tainted {
                    #expect(!trust.allows(digest(bad)), "seed \(seed) step \(step): \(bad)")
                }
            }
        }
    }

    @Test func `bytes that are no trust are none`() {
        var trust = approved("a")
        trust.applied(from: .vm, digest("b"))
        let bytes = trust.encoded
        #expect(ConfigurationTrust(decoding: bytes) == trust)
        for length in bytes.indices {
            let cut = ConfigurationTrust(decoding: Array(bytes[..<length]))
            #expect(cut != trust)
            // A line lost whole leaves less approved, never more.
            if let cut { #expect(cut.approved == nil || cut.approved == trust.approved) }
        }
        #expect(ConfigurationTrust(decoding: Array("approved x\n".utf8)) == nil)
    }
}
