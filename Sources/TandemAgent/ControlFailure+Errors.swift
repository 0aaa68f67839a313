import TandemConfiguration
import TandemControl
import TandemDaemon
import TandemStore
import TandemSync
import TandemSystem

extension ControlFailure {
    /// Translates any error that the agent may meet.
    init(of error: any Error) {
        switch error {
        case let error as ControlFailure: self = error
        case let error as SyncError:
            self.init(Self.code(error.code), error.message, next: error.hint)
        case let error as StateLockError: self.init(.refused, error.description)
        case let error as StoreError: self.init(.failed, error.message)
        case let error as LinkError: self.init(.unreachable, error.message)
        case let error as ConfigurationError:
            self.init(.configuration, "\(error)", next: "tandem config check")
        case let error as SystemError:
            let isPermission = [1, 13].contains(error.errno)
            self.init(isPermission ? .permission : .failed, error.description)
        default: self.init(.failed, "\(error)")
        }
    }

    private static func code(_ code: SyncError.Code) -> Code {
        switch code {
        case .halted, .amnesia: .halted
        case .unreachable: .unreachable
        case .permission: .permission
        case .version, .configuration: .configuration
        case .timedOut: .timedOut
        case .busy: .refused
        case .noSpace, .protocolViolation, .interrupted, .failed: .failed
        }
    }
}
