@testable import TandemFiles

/// What tells of changes in a test; the behaviour is the same.
enum Backend: Sendable, CaseIterable {
    case inotify, fanotify

    var budget: WatchBudget {
        WatchBudget(fanotify: self == .fanotify ? .always : .never)
    }

    static var allowed: [Backend] { isFanotifyAllowed ? allCases : [.inotify] }

    /// It needs CAP_SYS_ADMIN, and a file system whose directories have handles.
    static let isFanotifyAllowed = fanotifyRefusal == nil

    /// Why the kernel does not let fanotify watch the directory for temporary files.
    static let fanotifyRefusal: String? = {
        do {
            let files = try ScanRoot(isAlone: true)
            _ = try Fanotify.start(files.root.descriptor, files.fileSystem)
            return nil
        } catch {
            return "\(error)"
        }
    }()
}
