import Foundation
import TandemManagement
import Testing

/// The example in docs/VERIFY.md is what the judge says, to the letter.
struct VerifyExampleTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/VERIFY.md")

    @Test func `the page's example is the report about that situation`() throws {
        var vm = OriginSituation.vm
        vm.processes.value?.append(
            ProcessFacts(
                pid: 4242,
                name: "python3",
                executable: "/usr/bin/python3.9",
                arguments: ["python3", "execution/sync.py"]
            )
        )
        vm.change("97layer-receiver") { $0.ports = [] }
        vm.change("97layer-gcp-mgmt") {
            $0.ports = [.init(address: "127.0.0.1", host: 8081, container: 8080)]
        }
        vm.logs["logs"]?.value?.append(LogFileFacts(name: "launchd.log", bytes: 25_900_000))
        let lines = OriginSituation.report(vm: vm).markdown.split(separator: "\n")
        let example = lines.filter { $0.hasPrefix("not clean") || $0.hasPrefix("| violation") }
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        for line in example { #expect(text.contains(line), "\(line)") }
        #expect(example.count == 7)
    }
}
