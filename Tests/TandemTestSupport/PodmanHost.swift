package import Foundation
import Synchronization

/// A Podman of its own: images, containers and settings in a temporary directory, removed by id.
///
/// It runs containers the way `deployment/receiver` does: from its Containerfile, with the options
/// its rootful unit names. Only what is peculiar to a build machine is added, by the settings in
/// `deployment/test-support`.
package final class PodmanHost: Sendable {
    /// The directory everything of this host lies in.
    package let directory: URL
    private let project: URL
    private let started = Mutex<[String]>([])

    /// Why containers cannot run here, in one line; nil where they can be tried.
    package static var obstacle: String? {
        if geteuid() != 0 { return "these tests run Podman as root, and this user is not" }
        for tool in ["podman", "runc", "slirp4netns"] where Command.path(of: tool) == nil {
            return "\(tool) is not installed; 'make setup' installs it"
        }
        return nil
    }

    /// Makes an empty host.
    ///
    /// - Parameter project: the checkout, for `deployment/`.
    /// - Throws: when the temporary directory cannot be made.
    package init(project: URL) throws {
        self.project = project
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("tandem-podman-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// Builds the receiver's image around a static binary, without asking any registry.
    ///
    /// - Parameter binary: the static receiver.
    /// - Returns: the image's id.
    /// - Throws: `CommandFailure` with what Podman said.
    package func buildImage(around binary: URL) throws -> String {
        let context = try makeDirectory("context", mode: 0o755)
        try FileManager.default.copyItem(
            at: binary,
            to: context.appendingPathComponent("tandem-receiver")
        )
        let containerfile = project.appendingPathComponent("deployment/receiver/Containerfile")
        let output = try podman(
            [
                "build", "--quiet", "--pull=never", "--format", "docker", "--file",
                containerfile.path, context.path,
            ]
        )
        return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Builds an image from nothing around one static program, which it runs with `arguments`.
    ///
    /// - Throws: `CommandFailure` with what Podman said.
    package func buildImage(_ name: String, program: String, arguments: [String]) throws {
        let context = try makeDirectory("context-\(UUID().uuidString)", mode: 0o755)
        try FileManager.default.copyItem(
            atPath: program,
            toPath: context.appendingPathComponent("program").path
        )
        let words = (["/program"] + arguments).map { "\"\($0)\"" }.joined(separator: ", ")
        let text = "FROM scratch\nCOPY program /program\nENTRYPOINT [\(words)]\n"
        let file = context.appendingPathComponent("Containerfile")
        try Data(text.utf8).write(to: file)
        try podman([
            "build", "--quiet", "--pull=never", "--tag", name, "--file", file.path, context.path,
        ])
    }

    /// Starts a container by what follows `podman run --detach`; it is removed with the host.
    @discardableResult
    package func start(_ options: [String]) throws -> String {
        let output = try podman(["run", "--detach"] + options)
        let id = output.trimmingCharacters(in: .whitespacesAndNewlines)
        started.withLock { $0.append(id) }
        return id
    }

    /// What calls Podman on this host from any shell.
    package var command: [String] {
        ["env"] + environment.map { "\($0)=\($1)" }.sorted() + ["podman"] + global
    }

    /// Starts a container the way the rootful unit does, with directories and a port of this host.
    ///
    /// - Parameters:
    ///   - image: the image's id.
    ///   - uid: the uid and gid the process gets; the directories are given to it.
    ///   - name: what it is called; it has directories of its own then. Podman invents one for nil.
    ///   - extra: more options of `podman run`.
    /// - Returns: the running container.
    /// - Throws: `CommandFailure` with what Podman said.
    package func run(
        image: String,
        uid: UInt32,
        name: String? = nil,
        extra: [String] = []
    ) throws -> PodmanContainer {
        let unit = try receiverUnit()
        var options = ["run", "--detach", "--pull=never", "--network", "slirp4netns"]
        options += unit.hardening + ["--user", "\(uid):\(uid)"] + extra
        options += name.map { ["--name", $0] } ?? []
        let port = try FreePort.any()
        options += ["--publish", "127.0.0.1:\(port):8080"]
        var mounts: [String: URL] = [:]
        for volume in unit.volumes {
            let place = volume.container.split(separator: "/").joined(separator: "-")
            let host = try makeDirectory("volume-\(name ?? "")-\(place)", mode: 0o700)
            guard chown(host.path, uid, uid) == 0 else {
                throw CommandFailure("chown \(host.path)")
            }
            mounts[volume.container] = host
            options += ["--volume", "\(host.path):\(volume.container):\(volume.options)"]
        }
        let arguments = (unit.value("Exec") ?? "").split(separator: " ").map(String.init)
        let output = try podman(options + [image] + arguments)
        let id = output.trimmingCharacters(in: .whitespacesAndNewlines)
        started.withLock { $0.append(id) }
        return PodmanContainer(host: self, id: id, port: port, mounts: mounts)
    }

    /// The unit that `run` follows.
    package func receiverUnit() throws -> QuadletUnit {
        let path = "deployment/receiver/rootful/tandem-receiver.container"
        return QuadletUnit(
            text: try String(contentsOf: project.appendingPathComponent(path), encoding: .utf8)
        )
    }

    /// Ends every container by its id and removes the directory.
    package func remove() {
        for id in started.withLock({ $0 }) {
            _ = try? podman(["rm", "--force", "--time", "1", id])
        }
        // Containers that a program under test made again have other ids.
        _ = try? podman(["rm", "--all", "--force", "--time", "1"])
        _ = try? podman(["system", "reset", "--force"])
        // Where the reset did not get that far, the storage is still mounted on itself.
        let storage = directory.appendingPathComponent("root/overlay").path
        _ = try? Command.run("umount", [storage])
        try? FileManager.default.removeItem(at: directory)
    }

    /// Runs `podman` on this host; throws with what it wrote when it fails.
    @discardableResult
    package func podman(_ arguments: [String], input: [UInt8]? = []) throws -> String {
        String(decoding: try podmanBytes(arguments, input: input), as: UTF8.self)
    }

    /// Runs `podman` on this host and gives its output as bytes.
    package func podmanBytes(_ arguments: [String], input: [UInt8]? = []) throws -> [UInt8] {
        try Command.run("podman", global + arguments, environment: environment, input: input)
    }

    /// The global options that make Podman use this host's storage.
    package var global: [String] {
        [
            "--root", directory.appendingPathComponent("root").path,
            "--runroot", directory.appendingPathComponent("run").path,
            // Also where the events lie that an exec session's end is read from: another Podman that
            // works beside this one must not turn them over.
            "--tmpdir", directory.appendingPathComponent("tmp").path,
        ]
    }

    private var environment: [String: String] {
        let settings = project.appendingPathComponent("deployment/test-support/containers.conf")
        return ["CONTAINERS_CONF": settings.path, "STORAGE_DRIVER": "overlay"]
    }

    private func makeDirectory(_ name: String, mode: Int) throws -> URL {
        let url = directory.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: mode]
        )
        return url
    }
}
