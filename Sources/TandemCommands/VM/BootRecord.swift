import TandemDaemon

/// The boot that was last seen of a pair's vm, so that a reboot is noticed.
struct BootRecord {
    private static let name = "vm-boot"
    private static let longest = 256

    let directory: String

    /// Whether the vm was started anew since it was last looked at; notes the boot for the next time.
    ///
    /// What cannot be read or noted is no reboot: it is only not known.
    func isNew(_ boot: String) -> Bool {
        let path = "\(directory)/\(Self.name)"
        let old = (try? AtomicFile.read(path, limit: Self.longest)).flatMap { $0 }
        let bytes = Array(boot.utf8)
        guard old != bytes else { return false }
        try? AtomicFile.write(bytes, to: path)
        return old != nil
    }
}
