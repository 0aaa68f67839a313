import Foundation
import TandemTestSupport
import Testing

/// The limits that lie beside the units, as the kernel keeps them for a container that has them.
@Suite(.serialized, .enabled(if: ContainerFixture.isWanted, "\(ContainerFixture.obstacle ?? "")"))
struct LimitsContainerTests {
    @Test(arguments: [
        ("receiver", memory: 512, processors: 2), ("snapshot", 512, 1), ("manager", 256, 1),
    ])
    func `the limits of a drop-in are in force in its container`(
        _ program: String,
        memory: Int,
        processors: Int
    ) throws {
        if let obstacle = ContainerFixture.obstacle { throw CommandFailure(obstacle) }
        let path = "deployment/\(program)/tandem-\(program).container.d/limits.conf"
        let file = ContainerFixture.project.appending(path: path)
        let limits = QuadletUnit(text: try String(contentsOf: file, encoding: .utf8))
        let options =
            limits.values("PidsLimit").map { "--pids-limit=\($0)" }
            + limits.values("PodmanArgs").flatMap { $0.split(separator: " ").map(String.init) }
        let host = try PodmanHost(project: ContainerFixture.project)
        defer { host.remove() }
        let image = try host.buildImage(around: ContainerFixture.binary)
        let container = try host.run(image: image, uid: ContainerFixture.uid, extra: options)
        let group = try ControlGroup(of: container.inspect("{{.State.Pid}}"))
        #expect(try group.memory() == "\(memory << 20)")
        #expect(try group.processes() == "256")
        let words = try group.processor().split(separator: " ").compactMap { Int($0) }
        #expect(words.count == 2 && words[0] == processors * words[1], "\(words)")
        try ContainerFixture.waitUntilHealthy(container)
    }
}
