import Glibc

/// Puts another program in this process's place, with its terminal and its descriptors 0 to 2.
package enum ProcessReplacement {
    /// Becomes a program found on PATH.
    ///
    /// - Parameters:
    ///   - program: a path, or a name to look up.
    ///   - arguments: without the program itself.
    /// - Returns: why that failed; it does not return otherwise.
    package static func become(_ program: String, _ arguments: [String]) -> SystemError {
        let words = ([program] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        // What this process ignores or blocks, the program would not expect.
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        for number in [SIGPIPE, SIGIO, SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_DFL) }
        execvp(program, words + [nil])
        return SystemError("start", program)
    }
}
