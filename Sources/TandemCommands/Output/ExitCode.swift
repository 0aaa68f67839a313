/// What `tandem` ends with, for scripts.
package enum ExitCode: Hashable, CaseIterable, Sendable {
    case done
    case attention
    case failed
    case halted
    case timedOut
    case usage
    case unreachable
    case permission
    case configuration
    case interrupted
    /// What the command of `tandem run` ended with.
    case command(Int32)

    /// Tandem's own, without that of a command.
    package static let allCases: [ExitCode] = [
        .done, .attention, .failed, .halted, .timedOut, .usage, .unreachable, .permission,
        .configuration, .interrupted,
    ]

    /// The code of tandem's own that a number stands for.
    package init?(rawValue: Int32) {
        guard let code = Self.allCases.first(where: { $0.rawValue == rawValue }) else {
            return nil
        }
        self = code
    }

    /// The number that the process ends with.
    package var rawValue: Int32 {
        switch self {
        case .done: 0
        case .attention: 1
        case .failed: 2
        case .halted: 3
        case .timedOut: 4
        case .usage: 64
        case .unreachable: 69
        case .permission: 77
        case .configuration: 78
        case .interrupted: 130
        case .command(let code): code
        }
    }

    /// The name that `--json` carries.
    package var name: String {
        switch self {
        case .timedOut: "timed-out"
        case .command: "command"
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
        case .command: "what the command of `run` ended with"
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
