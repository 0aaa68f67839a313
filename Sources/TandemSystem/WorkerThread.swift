import CTandem
package import Dispatch
import Glibc

/// An operating-system thread for blocking work, kept off the cooperative pool.
package final class WorkerThread: Sendable {
    private let finished = Monitor(false)

    private static let stackSize = 1 << 20

    private init() {}

    /// Starts a thread that runs `body` once.
    ///
    /// - Parameters:
    ///   - name: shown by debuggers and `ps -L`; the kernel keeps 15 bytes.
    ///   - body: the work; it owns what it captures.
    /// - Returns: a handle to wait for its end.
    @discardableResult
    package static func start(
        _ name: String,
        _ body: @escaping @Sendable () -> Void
    ) -> WorkerThread {
        let thread = WorkerThread()
        let box = Unmanaged.passRetained(
            Body {
                tandem_name_thread(name)
                body()
                thread.finished.change { $0 = true }
            }
        )
        let code = tandem_start_thread(
            { argument in
                if let argument {
                    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            },
            box.toOpaque(),
            stackSize
        )
        precondition(code == 0, "a thread could not be started: \(String(cString: strerror(code)))")
        return thread
    }

    /// Waits for the thread's end; false when the deadline passed first.
    @discardableResult
    package func join(until deadline: DispatchTime = .distantFuture) -> Bool {
        finished.wait(until: deadline) { $0 ? true : nil } ?? false
    }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
