import Glibc
import TandemConfiguration
package import TandemControl
package import TandemSSH
import TandemSnapshots
package import TandemStore
package import TandemSync
import TandemSystem

/// Why a command ends without its result: what, where, and what to do next.
package struct CommandError: Error, Sendable, Hashable {
    package var code: ExitCode
    package var what: String
    package var place: String?
    /// More about it, a line each.
    package var details: [String] = []
    package var next: String?

    package init(
        _ code: ExitCode,
        _ what: String,
        at place: String? = nil,
        details: [String] = [],
        next: String? = nil
    ) {
        self.code = code
        self.what = what
        self.place = place
        self.details = details
        self.next = next
    }

    /// The lines for standard error.
    package var lines: [StyledText] {
        var lines: [StyledText] = [StyledText("tandem: ", .bad) + StyledText(what)]
        if let place { lines.append(StyledText("  \(place)")) }
        lines += details.map { StyledText("  \($0)") }
        if let next { lines.append(StyledText("  next: \(next)")) }
        return lines
    }
}

extension CommandError {
    /// Translates any error that a command may meet.
    package init(_ error: any Error, at place: String? = nil) {
        switch error {
        case let error as CommandError:
            self = error
            self.place = error.place ?? place
        case let error as SyncError:
            self.init(
                ExitCode(error.code),
                error.message,
                at: place,
                next: error.hint ?? Self.defaultNext(for: error.code)
            )
        case let error as SSHError:
            let next = error.hint.isEmpty ? "run `tandem doctor`" : Self.continuing(error.hint)
            let what = "\(error.subject): \(error.message)"
            self.init(ExitCode(error.code), what, at: place, next: next)
        case let error as StoreError:
            let code = ExitCode(error.code)
            let next = code == .permission ? Self.permissionNext : nil
            self.init(code, error.message, at: place, next: next)
        case let error as SnapshotError:
            let code: ExitCode = error.code == .invalid ? .usage : .failed
            let next = error.next.isEmpty ? nil : error.next
            self.init(code, error.what, at: place, next: next)
        case let error as DestinationError:
            self.init(.usage, error.message, at: place, next: error.hint)
        case let error as SystemError:
            let code = ExitCode(errno: error.errno)
            let next = code == .permission ? Self.permissionNext : nil
            self.init(code, error.description, at: place, next: next)
        case let error as ConfigurationError:
            self.init(
                .configuration,
                "\(Configuration.fileName) is wrong; what held before still does",
                at: place,
                details: error.problems.map(\.description),
                next: "mend it; `tandem config check` shows what is left"
            )
        case let error as ControlError:
            self.init(ExitCode(error.code), error.message, at: place, next: error.hint)
        case let error as ControlFailure:
            self.init(ExitCode(error.code), error.message, at: place, next: error.next)
        case let error as LinkError:
            self.init(.unreachable, error.message, at: place, next: "run `tandem doctor`")
        default:
            self.init(.failed, "\(error)", at: place)
        }
    }

    /// A sentence as it stands behind "next:"; a name in capitals keeps its first letter.
    private static func continuing(_ sentence: String) -> String {
        guard sentence.dropFirst().first?.isLowercase == true else { return sentence }
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }

    private static let permissionNext = "check who owns it and who may write to it"

    private static func defaultNext(for code: SyncError.Code) -> String? {
        switch code {
        case .halted: "look at both roots; nothing was changed"
        case .amnesia: "look at both roots, then run `tandem adopt`"
        case .unreachable: "run `tandem doctor`"
        case .permission: "check who owns it and who runs the receiver"
        case .version: "`tandem version` shows what this program speaks"
        case .configuration: "run `tandem doctor`"
        case .noSpace: "free some space, then push again: what was sent is kept"
        case .protocolViolation: "install the same version on both sides"
        case .timedOut: "push again: what was sent is kept"
        case .interrupted: "push again: what was sent is kept"
        case .busy: "wait for the other one to end"
        case .failed: nil
        }
    }
}

extension ExitCode {
    /// The exit code of a sync error.
    package init(_ code: SyncError.Code) {
        switch code {
        case .halted, .amnesia: self = .halted
        case .unreachable: self = .unreachable
        case .permission: self = .permission
        case .version, .configuration: self = .configuration
        case .timedOut: self = .timedOut
        case .interrupted: self = .interrupted
        case .noSpace, .protocolViolation, .busy, .failed: self = .failed
        }
    }

    /// The exit code of an SSH error.
    package init(_ code: SSHError.Code) {
        switch code {
        case .configuration: self = .configuration
        case .unknownName, .refused, .unreachable, .connectTimedOut, .proxyFailed,
            .handshakeTimedOut, .handshakeFailed, .socketMissing, .channelRefused,
            .tooManyChannels, .commandMissing, .commandFailed, .connectionLost, .closed:
            self = .unreachable
        case .unknownHost, .changedHostKey, .revokedHostKey, .noKey, .unsafeKeyFile,
            .unsupportedKey, .passphraseNeeded, .wrongPassphrase, .authenticationFailed,
            .forwardingRefused:
            self = .permission
        }
    }

    /// The exit code of a conversation with the agent that failed.
    package init(_ code: ControlError.Code) {
        switch code {
        case .noAgent, .garbled, .closed: self = .unreachable
        case .version: self = .configuration
        case .timedOut: self = .timedOut
        }
    }

    /// The exit code of what the agent refused.
    package init(_ code: ControlFailure.Code) {
        switch code {
        case .noSuchPair, .configuration: self = .configuration
        case .notUp, .unreachable: self = .unreachable
        case .changed: self = .attention
        case .timedOut: self = .timedOut
        case .permission: self = .permission
        case .halted: self = .halted
        case .refused, .failed: self = .failed
        }
    }

    /// The exit code of the store's failure.
    package init(_ code: StoreError.Code) {
        switch code {
        case .damaged, .newer: self = .configuration
        case .notPermitted: self = .permission
        case .taken, .busy, .failed: self = .failed
        }
    }

    /// The exit code of a system call's failure.
    package init(errno code: Int32) {
        switch code {
        case EACCES, EPERM, EROFS: self = .permission
        case ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT: self = .unreachable
        default: self = .failed
        }
    }

    /// The exit code of a finished push or plan.
    package init(_ report: PushReport) {
        if report.refusals.contains(where: { !$0.isConflict }) {
            self = .failed
        } else {
            self = report.needsAttention ? .attention : .done
        }
    }
}
