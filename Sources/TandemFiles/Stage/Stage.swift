import TandemSystem
import TandemTree

/// The names and directories that a batch stages its values under.
struct Stage: Sendable {
    let directory: Directory
    /// Begins every name of this batch, so that names of different batches never meet.
    private let tag: [UInt8]

    static let fileMode: UInt32 = 0o666
    static let executableMode: UInt32 = 0o777
    static let directoryMode: UInt32 = 0o777

    init(_ directory: Directory) {
        self.directory = directory
        tag = Self.hexadecimalWord(UInt64.random(in: 0...UInt64.max))
    }

    /// The opaque name of the operation whose first change is at `position`.
    func name(_ position: Int) -> [UInt8] {
        tag + Self.hexadecimalWord(UInt64(position)).suffix(8)
    }

    /// Where the value of the change at `position` is staged, below the stage directory.
    func path(_ position: Int, in plan: ApplyPlan) -> RelativePath {
        let top = plan.top(of: position)
        guard top != position else { return RelativePath(trusted: name(position)) }
        let inner = plan.changes[position].path.bytes.dropFirst(plan.changes[top].path.bytes.count)
        return RelativePath(trusted: name(top) + inner)
    }

    private static func hexadecimalWord(_ value: UInt64) -> [UInt8] {
        hexadecimal(
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
        )
    }
}
