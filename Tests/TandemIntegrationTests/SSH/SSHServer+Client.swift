import Dispatch
import Foundation
import TandemSSH
import TandemSystem
import TandemTestSupport

extension SSHServer {
    /// Options that reach this server and read nothing of the machine's own configuration.
    var options: SSHOptions {
        var options = SSHOptions()
        options.configurationFile = configuration
        return options
    }

    var destination: SSHDestination { SSHDestination(host: Self.alias) }

    func connect(_ change: (inout SSHOptions) -> Void = { _ in }) throws -> SSHConnection {
        var options = options
        change(&options)
        return try SSHConnection.connect(to: destination, options)
    }
}

extension DispatchTime {
    /// Late enough for a machine shared with others, soon enough to end a test that hangs.
    static var soon: DispatchTime { .now() + .seconds(60) }
}

extension ByteLink {
    /// Reads until `count` bytes are there or the peer ended.
    func readExactly(_ count: Int, until deadline: DispatchTime = .soon) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try bytes.withUnsafeMutableBytes {
                let rest = UnsafeMutableRawBufferPointer(rebasing: $0[filled...])
                return try read(into: rest, until: deadline)
            }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes[..<filled])
    }
}
