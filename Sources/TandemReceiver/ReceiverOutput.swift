import TandemDaemon

/// What `tandem-receiver` says on standard error.
enum ReceiverOutput {
    static func complain(_ what: String, next: String) {
        DaemonStart.complain("tandem-receiver", what, next: next)
    }
}
