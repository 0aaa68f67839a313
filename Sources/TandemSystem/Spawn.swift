import CTandem
import Glibc

/// posix_spawn(3) with everything a child should not inherit taken away.
enum Spawn {
    /// Starts a program and gives its pid.
    ///
    /// - Throws: `SystemError`.
    static func run(
        _ program: String,
        _ arguments: [String],
        _ environment: [String]?,
        _ descriptors: ChildProcess.Descriptors,
        inNewSession: Bool = false
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let wanted = [descriptors.input, descriptors.output, descriptors.error]
        // Copies above 2, so that no dup2 overwrites a source of a later one.
        let sources = try wanted.map { try $0.map(duplicate) }
        defer { for source in sources { if let source { close(source) } } }
        for (number, source) in sources.enumerated() {
            let target = Int32(number)
            if let source {
                posix_spawn_file_actions_adddup2(&actions, source, target)
            } else {
                let flags = target == 0 ? O_RDONLY : O_WRONLY
                posix_spawn_file_actions_addopen(&actions, target, "/dev/null", flags, 0)
            }
        }
        return try spawn(program, arguments, environment, &actions, inNewSession)
    }

    private static func duplicate(_ descriptor: Int32) throws -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw SystemError("duplicate a descriptor") }
        return copy
    }

    private static func spawn(
        _ program: String,
        _ arguments: [String],
        _ environment: [String]?,
        _ actions: inout posix_spawn_file_actions_t,
        _ inNewSession: Bool
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        // This process ignores SIGPIPE and SIGIO; a program it starts must not.
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        // The leader of a new session leads a new process group, too.
        let group = inNewSession ? tandem_spawn_new_session() : Int16(POSIX_SPAWN_SETPGROUP)
        posix_spawnattr_setflags(&attributes, flags | group)
        var pid: pid_t = 0
        let code = withStrings(arguments) { arguments in
            guard let environment else {
                return posix_spawnp(&pid, program, &actions, &attributes, arguments, environ)
            }
            return withStrings(environment) {
                posix_spawnp(&pid, program, &actions, &attributes, arguments, $0)
            }
        }
        guard code == 0 else { throw SystemError("start", program, errno: code) }
        return pid
    }

    /// Passes strings as the null-ended array of C strings that exec takes.
    private static func withStrings<Result>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
