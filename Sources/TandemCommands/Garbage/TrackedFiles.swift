import TandemProject
import TandemManagement
import TandemSSH
import TandemTree

/// Asks git which files with a garbage name it tracks, in every repository below a root.
struct TrackedFiles {
    let shell: any ScriptShell
    /// The root: absolute, or relative to the home directory.
    let root: String
    let container: String?
    /// Which machine it is, for an error.
    let side: String

    private static let longestOutput = 64 << 20

    /// The tracked files below the root, in repositories whose `.git` was seen and around it.
    ///
    /// Throws where git cannot say: then nothing may be cleaned.
    func find(in repositories: [RelativePath]) throws -> Set<RelativePath> {
        // The root may lie in a repository that begins above it.
        let places = Set(repositories).union([.root]).sorted()
        let script = TrackedScript(token: FactsCollector.token())
        let result = try shell.run(
            RemoteScript(
                "ask git what it tracks",
                TrackedScript.body,
                script.variables(
                    root: root,
                    container: container,
                    repositories: places.map { String(decoding: $0.bytes, as: UTF8.self) },
                    quote: ShellText.quoted
                ),
                seconds: 300,
                longestOutput: Self.longestOutput
            )
        )
        var tracked: Set<RelativePath> = []
        for (index, place) in places.enumerated() {
            switch script.answer(index, in: result.output) {
            case .failed(let why):
                throw CommandError(
                    .failed,
                    "git on the \(side) did not say what it tracks: \(why)",
                    at: place.isRoot ? root : "\(root)/\(place)",
                    next: "nothing was moved; mend that, because a tracked file is no garbage"
                )
            case .tracked(let names):
                for name in names {
                    guard let path = try? RelativePath(validating: name) else { continue }
                    tracked.insert(place.isRoot ? path : place.appending(path.bytes))
                }
            }
        }
        return tracked
    }
}
