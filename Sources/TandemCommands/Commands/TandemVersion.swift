import TandemProtocol
import TandemSSH

/// What `tandem` says of itself.
enum TandemVersion {
    static let text = "0.1.0"
}
