import Glibc
package import TandemConfiguration
import TandemDaemon
import TandemSystem
import TandemTree

/// `tandem.yml` as `pair` takes it: who the vm is, and what the pair is called.
///
/// What the file asks for and this program does not do is refused, never passed over.
package struct ProjectFile: Sendable {
    package var destination: Destination
    package var container: String?
    package var name: String?
    package var identity: String?
    package var transport: ConnectionSettings.Transport?

    /// The longest file that is read, as the format has it.
    private static let longest = 1 << 20

    /// Reads the file of a directory.
    ///
    /// - Parameter directory: the directory, absolute.
    /// - Throws: `CommandError` that names the file and the line.
    package init(in directory: String) throws(CommandError) {
        let file = "\(directory)/\(Configuration.fileName)"
        let local = "\(directory)/\(Configuration.localFileName)"
        let configuration: Configuration
        do {
            guard let shared = try AtomicFile.read(file, limit: Self.longest) else {
                throw CommandError(
                    .usage,
                    "there is no \(Configuration.fileName) in \(directory)",
                    next: "write `tandem pair DIRECTORY host:path`, or run `tandem init host:path`"
                )
            }
            let over = try AtomicFile.read(local, limit: Self.longest)
            configuration = try Configuration.read(shared, local: over, names: (file, local))
        } catch let error as ConfigurationError {
            throw CommandError(
                .configuration,
                "\(Configuration.fileName) is wrong",
                details: error.problems.map(\.description)
            )
        } catch let error as SystemError where error.errno == EFBIG {
            throw CommandError(.configuration, "\(error)", next: "1 MiB is the most that is read")
        } catch {
            throw CommandError(error)
        }
        try self.init(configuration)
    }

    /// Takes over a configuration.
    package init(_ configuration: Configuration) throws(CommandError) {
        try Self.refuseWhatIsNotDone(configuration)
        guard let rule = configuration.rootRule else {
            throw CommandError(.configuration, "tandem.yml names nothing to sync")
        }
        let vm = configuration.vm.value
        let path = rule.to.value
        do {
            let text = vm.hasPrefix("ssh://") ? "\(vm)\(path)" : "\(vm):\(path)"
            destination = try Destination(parsing: text)
        } catch {
            throw CommandError(
                .configuration,
                error.message,
                at: configuration.vm.position?.description,
                next: error.hint
            )
        }
        container = configuration.container?.value
        name = configuration.name?.value
        identity = configuration.identity?.value
        // The format's default is a socket's, and the file names no socket: pair decides.
        let isGiven = configuration.transport.position != nil
        transport = isGiven ? .init(rawValue: configuration.transport.value.rawValue) : nil
    }

    /// What would change a sync and is not done is refused, never passed over.
    package static func refuseWhatIsNotDone(
        _ configuration: Configuration
    ) throws(CommandError) {
        let problems = configuration.notDone
        guard let first = problems.first else { return }
        throw CommandError(
            .configuration,
            first.message,
            at: first.position.description,
            details: problems.dropFirst().map(\.description)
        )
    }
}
