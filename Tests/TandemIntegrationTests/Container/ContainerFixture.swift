import Foundation
import TandemTestSupport

/// What the container tests share: the checkout, one image, and a container for each test.
enum ContainerFixture {
    /// An account that exists on no machine.
    static let uid: UInt32 = 10_001

    static let project: URL = {
        var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        return folder
    }()

    /// The static receiver: TANDEM_STATIC_RECEIVER, else what `make receiver-static` built.
    static var binary: URL {
        let named = ProcessInfo.processInfo.environment["TANDEM_STATIC_RECEIVER"]
        return named.map { URL(fileURLWithPath: $0) }
            ?? project.appendingPathComponent("dist/tandem-receiver")
    }

    /// Why the tests cannot run here; nil where they can.
    static var obstacle: String? {
        if let obstacle = PodmanHost.obstacle { return obstacle }
        return FileManager.default.isExecutableFile(atPath: binary.path)
            ? nil : "dist/tandem-receiver is missing; 'make receiver-static' builds it"
    }

    /// In CI they run whatever is missing, and fail with the reason.
    static var isWanted: Bool {
        obstacle == nil || ProcessInfo.processInfo.environment["CI"] != nil
    }

    /// Builds the image, starts a receiver, waits until it is healthy, and removes all of it.
    static func withReceiver(_ body: (PodmanContainer) throws -> Void) throws {
        try withImage { host, image in
            let container = try host.run(image: image, uid: uid)
            try waitUntilHealthy(container)
            try body(container)
        }
    }

    /// Builds the image, and removes it with all containers that were made.
    static func withImage(_ body: (PodmanHost, String) throws -> Void) throws {
        if let obstacle { throw CommandFailure(obstacle) }
        let host = try PodmanHost(project: project)
        defer { host.remove() }
        try body(host, try host.buildImage(around: binary))
    }

    /// Asks the health command until it answers; each try takes Podman a fifth of a second.
    static func waitUntilHealthy(_ container: PodmanContainer) throws {
        let tries = 50
        for _ in 0..<tries {
            if (try? container.host.podman(["healthcheck", "run", container.id])) != nil { return }
            guard try container.inspect("{{.State.Running}}") == "true" else { break }
        }
        throw CommandFailure("the receiver is not healthy: \(try container.logs())")
    }

    /// The permission bits of a file.
    static func mode(of path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return attributes[.posixPermissions] as? Int ?? -1
    }
}
