package import ArgumentParser
import TandemDaemon
import TandemTree

/// Whether `pair` puts the receiver on the vm first, and which.
package struct DeployChoice: ParsableArguments {
    @Option(
        defaultAsFlag: DeploymentMode.quadlet,
        parsing: .next,
        help: ArgumentHelp(
            "Put the receiver on the vm first: --deploy alone as a container, or as a process.",
            valueName: "mode"
        )
    )
    package var deploy: DeploymentMode?

    @Option(help: "The receiver to copy; the one beside tandem if left out.")
    package var receiverBinary: String?

    @Option(help: "Load this saved image on the vm instead of building one there.")
    package var image: String?

    /// Larger than any image of one program.
    private static let longestImage = 1 << 30

    package init() {}

    /// Checks what can be told from the words alone.
    func check(_ connecting: ConnectionChoice, _ destination: Destination?) throws {
        guard let deploy else {
            if receiverBinary != nil { throw ValidationError("--receiver-binary needs --deploy") }
            if image != nil { throw ValidationError("--image needs --deploy") }
            return
        }
        if deploy == .process && image != nil {
            throw ValidationError("--image and --deploy=process exclude each other")
        }
        let given = [
            (connecting.socket, "--socket"), (connecting.container, "--container"),
            (connecting.command, "--command"), (destination?.container, "podman+ssh://"),
        ]
        if let other = given.first(where: { $0.0 != nil })?.1 {
            throw ValidationError(
                "--deploy and \(other) exclude each other: it makes the socket that is used"
            )
        }
    }

    /// Reads the files that go to the vm; nil where nothing is to be deployed.
    func wish(in context: CommandContext) throws -> DeploymentWish? {
        guard let deploy else { return nil }
        let binary = try ReceiverBinary.load(
            receiverBinary.map(context.absolute),
            beside: context.program
        )
        var wish = DeploymentWish(mode: deploy, binary: binary)
        if let image {
            let path = context.absolute(image)
            guard let bytes = try AtomicFile.read(path, limit: Self.longestImage) else {
                throw CommandError(
                    .usage,
                    "there is no image \(path)",
                    next: "podman save localhost/tandem-receiver:latest -o FILE writes one"
                )
            }
            wish.image = (bytes, ContentHasher.digest(of: bytes).hex)
        }
        return wish
    }
}

extension DeploymentMode: ExpressibleByArgument {}
