import CTandem
import Glibc
package import TandemSystem

/// Where the laptop side keeps its configuration, state, cache, logs and sockets.
///
/// `TANDEM_HOME` holds all of it where it is set. Else the XDG rules stand; on a Mac they do where
/// the person uses them, and Apple's directories otherwise. A variable that is not an absolute path
/// is as good as unset (XDG Base Directory Specification 0.8).
package struct StateDirectories: Hashable, Sendable {
    /// Whose customs are followed.
    package enum Platform: Sendable {
        case linux
        case mac(usesXDG: Bool)
    }

    package var configuration: String
    package var state: String
    package var cache: String
    package var logs: String
    package var runtime: String

    /// Decides the places; touches nothing.
    ///
    /// - Parameters:
    ///   - environment: the variables of the process.
    ///   - home: the home directory, absolute.
    ///   - uid: whose runtime directory it is where the system gives none.
    ///   - platform: whose customs are followed.
    package init(
        environment: [String: String],
        home: String,
        uid: UInt32,
        platform: Platform = .linux
    ) {
        func absolute(_ variable: String) -> String? {
            environment[variable].flatMap { $0.hasPrefix("/") ? Self.trimmed($0) : nil }
        }
        let fallback = "/tmp/tandem-\(uid)"
        if let own = absolute("TANDEM_HOME") {
            configuration = "\(own)/config"
            state = "\(own)/state"
            cache = "\(own)/cache"
            logs = "\(own)/logs"
            runtime = "\(own)/run"
        } else if case .mac(usesXDG: false) = platform {
            let support = "\(home)/Library/Application Support/tandem"
            configuration = support
            state = "\(support)/state"
            cache = "\(home)/Library/Caches/tandem"
            logs = "\(home)/Library/Logs/tandem"
            runtime = "\(support)/run"
        } else {
            configuration = (absolute("XDG_CONFIG_HOME") ?? "\(home)/.config") + "/tandem"
            state = (absolute("XDG_STATE_HOME") ?? "\(home)/.local/state") + "/tandem"
            cache = (absolute("XDG_CACHE_HOME") ?? "\(home)/.cache") + "/tandem"
            logs = "\(state)/logs"
            runtime = absolute("XDG_RUNTIME_DIR").map { "\($0)/tandem" } ?? fallback
        }
        if "\(runtime)/\(Self.longestSocketName)".utf8.count > UnixSocket.maximumPathLength {
            runtime = "\(fallback)-\(Self.shortHash(runtime))"
        }
    }

    /// The control socket of the agent.
    package var controlSocket: String { "\(runtime)/sock" }

    /// A name that leaves room for the sockets of other daemons beside the control socket.
    private static let longestSocketName = "receiver-0123456789abcdef.sock"

    /// Makes the directories that are missing, 0700, and refuses ones that others may write to.
    ///
    /// - Throws: `SystemError`; EPERM names a directory that is not safe.
    package func prepare() throws(SystemError) {
        for path in [configuration, state, cache, logs] { try Self.prepare(path) }
        try Self.prepare(runtime, forbidden: 0o077)
    }

    /// Makes one directory with its parents, or checks the one that is there.
    ///
    /// - Parameters:
    ///   - path: the directory, absolute.
    ///   - forbidden: the permission bits it may not have; others' right to write by default.
    /// - Throws: `SystemError`
    package static func prepare(
        _ path: String,
        forbidden: UInt16 = 0o022
    ) throws(SystemError) {
        try makeDirectories(path)
        var status = tandem_status()
        guard tandem_status_at(AT_FDCWD, path, &status) == 0 else {
            throw SystemError("stat", path)
        }
        guard mode_t(status.mode) & S_IFMT == S_IFDIR else {
            throw SystemError("use as a directory", path, errno: ENOTDIR)
        }
        guard status.uid == geteuid() else {
            throw SystemError("use a directory that another user owns", path, errno: EPERM)
        }
        guard status.mode & forbidden == 0 else {
            let open = String(status.mode & 0o7777, radix: 8)
            let what = "use a directory others may enter or change (mode \(open); chmod 700 it)"
            throw SystemError(what, path, errno: EPERM)
        }
    }

    /// mkdir -p, 0700 for each that is made.
    private static func makeDirectories(_ path: String) throws(SystemError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")),
            slash > path.startIndex
        else { throw SystemError("make directory", path) }
        try makeDirectories(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw SystemError("make directory", path)
        }
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.utf8.count > 1 && path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// FNV-1a, which only has to tell one person's own long paths apart.
    private static func shortHash(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}
