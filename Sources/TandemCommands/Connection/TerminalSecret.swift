import Glibc

/// Asks on the controlling terminal for what may not be shown, as ssh does.
enum TerminalSecret {
    /// Longer than any passphrase that OpenSSH itself reads (1024 bytes).
    private static let longest = 1024

    /// Reads a key file's passphrase; nil where there is no terminal, or nothing was typed.
    @Sendable
    static func passphrase(for keyFile: String) -> [UInt8]? {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var settings = termios()
        guard unsafe tcgetattr(terminal, &settings) == 0 else { return nil }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        unsafe tcsetattr(terminal, TCSAFLUSH, &silent)
        defer { unsafe tcsetattr(terminal, TCSAFLUSH, &settings) }
        say("Passphrase for \(keyFile): ", on: terminal)
        let secret = line(from: terminal)
        say("\n", on: terminal)
        return secret.isEmpty ? nil : secret
    }

    private static func line(from terminal: Int32) -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < longest, unsafe read(terminal, &byte, 1) == 1, byte != 0x0A {
            line.append(byte)
        }
        return line
    }

    private static func say(_ text: String, on terminal: Int32) {
        let bytes = Array(text.utf8)
        _ = unsafe write(terminal, bytes, bytes.count)
    }
}
