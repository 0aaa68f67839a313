import Glibc
import Synchronization
import TandemSSH
import TandemSync
import TandemSystem

/// A laptop's side in a process of its own, for tests that kill it.
package enum LiveProgram {
    /// Keeps a pair in sync over SSH until it is killed; says what happens, a line each.
    ///
    /// Its words: root, state directory, the pair's 32 hexadecimal digits, the receiver's socket, an
    /// ssh configuration, and the host's alias in it.
    package static func main() -> Never {
        let words = Array(CommandLine.arguments.dropFirst(2))
        guard words.count == 6 else {
            print("usage: tandem-proof live ROOT STATE PAIR SOCKET SSH-CONFIG HOST")
            exit(64)
        }
        ProcessSettings.harden()
        let digits = Array(words[2])
        let id = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        let live = LiveSync(
            pair: LaptopPair(id: id, root: words[0], stateDirectory: words[1]),
            settings: LiveSettings(),
            connect: connector(socket: words[3], configuration: words[4], host: words[5]),
            observer: { event in
                if case .batch(let generation, let changes) = event {
                    say("batch \(generation): \(changes.count) changes")
                } else {
                    say("\(event)")
                }
            }
        )
        live.start()
        while true { pause() }
    }

    /// Connects anew each time; the transport lives until the next one.
    private static func connector(
        socket: String,
        configuration: String,
        host: String
    ) -> @Sendable () throws -> any ByteLink {
        let standing = Monitor<SSHTransport?>(nil)
        return {
            var options = SSHOptions()
            options.configurationFile = configuration
            let transport = try SSHTransport(
                .streamlocal(path: socket),
                to: SSHDestination(host: host),
                options
            )
            standing.change { $0 = transport }
            return try transport.open()
        }
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
