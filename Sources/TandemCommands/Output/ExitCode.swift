/// What `tandem` ends with, for scripts.
package enum ExitCode: Int32, CaseIterable, Sendable {
    case done = 0
    case attention = 1
    case failed = 2
    case halted = 3
    case timedOut = 4
    case usage = 64
    case unreachable = 69
    case permission = 77
    case configuration = 78
    case interrupted = 130

    /// The name that `--json` carries.
    package var name: String {
        switch self {
        case .timedOut: "timed-out"
        default: String(describing: self)
        }
    }

    /// What it means, for the help.
    package var meaning: String {
        switch self {
        case .done: "done"
        case .attention: "conflicts, or entries that were skipped"
        case .failed: "some or all of it failed"
        case .halted: "halted: only `adopt` or `--accept-delete N` goes on"
        case .timedOut: "`--wait` ran out"
        case .usage: "the command line is wrong"
        case .unreachable: "the vm, its receiver or the agent cannot be reached"
        case .permission: "permission denied"
        case .configuration: "the configuration or the pair's state does not fit"
        case .interrupted: "interrupted"
        }
    }

    /// The table at the end of `tandem --help`.
    package static var table: String {
        allCases.map { code in
            let number = String(code.rawValue)
            return String(repeating: " ", count: 5 - number.count) + "\(number)  \(code.meaning)"
        }.joined(separator: "\n")
    }
}
