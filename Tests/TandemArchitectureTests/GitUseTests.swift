import Testing

/// A git that is told nothing runs what the repository's configuration names, on the laptop.
struct GitUseTests {
    @Test func `whoever starts git switches its monitor and hooks off`() {
        let paths = Project.sources.map(\.path)
        #expect(!paths.isEmpty)
        for path in paths {
            let text = Project.text(path) ?? ""
            #expect(!Self.startsGit(text) || Self.isTamed(text), "\(path)")
        }
    }

    @Test func `the check sees a start, and what tames it`() {
        let start = "try ChildProcess.capture(\n    \"git\",\n    [\"status\"])"
        #expect(Self.startsGit(start) && !Self.isTamed(start))
        let tamed = start + "// -c core.fsmonitor= -c core.hooksPath=/dev/null"
        #expect(Self.isTamed(tamed))
        #expect(!Self.startsGit("name: \"git\", kind: .choice"))
    }

    private static func startsGit(_ text: String) -> Bool {
        guard text.contains("ChildProcess") else { return false }
        return ["\"git\"", "/git\"", "\"git "].contains { text.contains($0) }
    }

    private static func isTamed(_ text: String) -> Bool {
        text.contains("core.fsmonitor=") && text.contains("core.hooksPath=/dev/null")
    }
}
