import Foundation
import TandemTestSupport
import Testing

/// Holds the pages to what they talk about.
struct DocumentationTests {
    @Test func `the table of awkward inputs is what the tests cover`() throws {
        let script = Project.root.appendingPathComponent("deployment/setup/bad-inputs.sh").path
        try Command.run("bash", [script, "--check"])
    }

    @Test func `every make verb in a page exists`() throws {
        let makefile = try #require(Project.text("Makefile"))
        let verbs = Set(makefile.matches(of: /\n\.PHONY: ([a-z-]+)/).map { String($0.output.1) })
        #expect(verbs.contains("demo"))
        for page in Self.pages {
            let named = (Project.text(page) ?? "").matches(of: /`make ([a-z-]+)/)
            for match in named { #expect(verbs.contains(String(match.output.1)), "\(page)") }
        }
    }

    @Test func `every file a page links to is there`() {
        for page in Self.pages {
            let folder = page.split(separator: "/").dropLast().map { $0 + "/" }.joined()
            for match in (Project.text(page) ?? "").matches(of: /\]\(([^)#:]+)\)/) {
                #expect(Project.text(folder + String(match.output.1)) != nil, "\(page): \(match.0)")
            }
        }
    }

    @Test func `the readme stays a page that is read`() {
        #expect((Project.text("README.md") ?? "").split(separator: "\n").count <= 130)
    }

    private static let pages = Project.files.filter { $0.hasSuffix(".md") }
}
