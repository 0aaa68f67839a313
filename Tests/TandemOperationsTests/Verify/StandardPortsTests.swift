import Foundation
import TandemManagement
import TandemTestSupport
import Testing

/// Holds what `verify` expects without being told to the units that are shipped.
struct StandardPortsTests {
    @Test(arguments: ["receiver", "snapshot", "manager"])
    func `the standard expectation has the ports of the units`(_ name: String) throws {
        var project = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<4 { project.deleteLastPathComponent() }
        let file = project.appending(path: "deployment/\(name)/tandem-\(name).container")
        let unit = QuadletUnit(text: try String(contentsOf: file, encoding: .utf8))
        let standard = VerifyExpectation.standard(vmRoot: nil, laptopLogs: "/logs")
        let expected = standard.containers.first { $0.name == "tandem-\(name)" }?.ports
        let ports = try #require(expected).map { "\($0.address):\($0.host):\($0.container)" }
        #expect(ports == unit.values("PublishPort"))
    }
}
