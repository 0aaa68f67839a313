import Dispatch
import TandemSystem

extension SSHConnection {
    /// The thread's whole life: reach, greet, authenticate, then the loop.
    static func runSession(
        _ host: SSHHost,
        _ options: SSHOptions,
        _ route: SSHRoute,
        _ mailbox: Mailbox
    ) {
        do throws(SSHError) {
            let tuning = options.tuning
            let seconds = host.connectTimeout ?? tuning.connectSeconds
            let carrier = try route.carrier(
                to: host,
                ringing: mailbox.wakeup,
                tuning: tuning,
                until: .now() + .seconds(seconds)
            )
            let loop = try SessionLoop(
                carrier: carrier,
                mailbox: mailbox,
                subject: host.subject,
                tuning: tuning
            )
            let algorithms = try greet(loop, host, options)
            mailbox.becomeReady(algorithms)
            loop.run()
        } catch {
            mailbox.end(error.about(host.subject))
        }
    }

    private static func greet(
        _ loop: SessionLoop,
        _ host: SSHHost,
        _ options: SSHOptions
    ) throws(SSHError) -> NegotiatedAlgorithms {
        do throws(SSHError) {
            let known = KnownHosts(files: host.knownHostsFiles)
            let algorithms = try loop.handshake(with: host, knownHosts: known)
            try loop.authenticate(as: host, options)
            return algorithms
        } catch {
            loop.giveUp()
            throw error
        }
    }

    /// More than anyone has, and few enough to end soon where hosts lead to each other.
    private static let maximumJumps = 8

    /// Connects to the last jump host, through those before it; nil when there is none.
    static func jumpConnection(
        for host: SSHHost,
        _ options: SSHOptions,
        depth: Int
    ) throws(SSHError) -> SSHConnection? {
        guard let last = host.jumps.last else { return nil }
        guard let destination = SSHDestination(last) else {
            throw SSHError(.configuration, "ProxyJump names no host: \(last)", subject: host.alias)
        }
        // A jump host is for passing through: Tandem's own key opens only the vm.
        var jumpOptions = options
        jumpOptions.dedicatedKey = nil
        var jump = try SSHResolver.resolve(destination, jumpOptions)
        // The list in front of the last host is the way to it (ssh_config(5), ProxyJump).
        if host.jumps.count > 1 { jump.jumps = Array(host.jumps.dropLast()) }
        guard depth < maximumJumps else {
            throw SSHError(
                .configuration,
                "there are more than \(maximumJumps) jump hosts, or they lead to each other",
                subject: host.alias,
                hint: "Look for ProxyJump in ssh_config; a jump host may need `ProxyJump none`"
            )
        }
        return try connect(to: jump, jumpOptions, depth: depth + 1)
    }
}
