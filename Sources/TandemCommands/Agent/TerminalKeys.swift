import Glibc

/// The keyboard of a terminal, key by key and unseen, for as long as this value lives.
struct TerminalKeys: ~Copyable {
    private var saved = termios()

    init?() {
        guard unsafe tcgetattr(STDIN_FILENO, &saved) == 0 else { return nil }
        var settings = saved
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    deinit {
        var settings = saved
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }

    /// Waits for keys; those that were pressed, none when the time is over, nil at the end of input.
    func read(within milliseconds: Int32) -> [UInt8]? {
        var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&request, 1, milliseconds) > 0 else { return [] }
        var keys = [UInt8](repeating: 0, count: 64)
        let count = unsafe Glibc.read(STDIN_FILENO, &keys, keys.count)
        guard count > 0 else { return count < 0 && errno == EINTR ? [] : nil }
        return Array(keys[..<count])
    }

    /// The terminal's size now.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        guard isKnown, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
