import TandemSync
import TandemTestSupport
import TandemTree
import Testing

struct IgnorePushTests {
    @Test func `an entry that became ignored stays on both sides, and the report names it`() throws
    {
        let both = try PairFixture()
        try both.laptop.write("object", to: "a.o")
        try both.laptop.makeDirectory("out")
        try both.laptop.write("1", to: "out/x")
        try both.laptop.write("source", to: "a.c")
        #expect(try both.push().verdict == .inSync)

        let ignore = IgnoreSettings(patterns: ["*.o", "out/"])
        try both.laptop.remove("out")
        let plan = try both.push(PushOptions(purpose: .plan, ignore: ignore))
        #expect(plan.changes.isEmpty)
        let report = try both.push(PushOptions(ignore: ignore))
        #expect(report.changes.isEmpty && report.verdict == .inSync)
        #expect(try both.vm.read("a.o") == "object" && both.vm.read("out/x") == "1")

        // Without the rule again, what was deleted meanwhile is no deletion either.
        let united = try both.push()
        #expect(try both.vm.read("out/x") == "1")
        #expect(united.vmOnly.map(\.path) == ["out"])
    }

    @Test func `what is forgotten because of a rule is counted`() throws {
        let both = try PairFixture()
        try both.laptop.write("object", to: "a.o")
        _ = try both.push()
        let ignore = IgnoreSettings(patterns: ["*.o"])
        #expect(try both.push(PushOptions(purpose: .plan, ignore: ignore)).nowIgnored == ["a.o"])
        #expect(try both.push(PushOptions(ignore: ignore)).nowIgnored == ["a.o"])
        #expect(try both.push(PushOptions(ignore: ignore)).nowIgnored.isEmpty)
    }

    @Test func `the laptop's own settings never travel, in either direction`() throws {
        let both = try PairFixture()
        try both.laptop.write("laptop", to: "tandem.local.yml")
        try both.laptop.write("!tandem.local.yml\n", to: ".tandemignore")
        #expect(try both.push().verdict == .inSync)
        #expect(!both.vm.exists("tandem.local.yml"))
        try both.vm.write("vm", to: "tandem.local.yml")
        let report = try both.push()
        #expect(report.verdict == .inSync && report.vmOnly.isEmpty && report.conflicts.isEmpty)
        #expect(try both.laptop.read("tandem.local.yml") == "laptop")
        #expect(try both.vm.read("tandem.local.yml") == "vm")
    }
}
