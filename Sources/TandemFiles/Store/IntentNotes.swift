import TandemSystem
package import TandemTree

/// What the laptop notes beside an intent, for a start after a crash in the middle of the batch.
package struct IntentNotes: Hashable, Sendable {
    /// Names the run of the machine since it was started; nil where that is not known.
    package var boot: [UInt8]?
    /// What the batch shall do on the laptop; none of it where that is too much to note.
    package var toLaptop: [Difference]

    package init(boot: [UInt8]? = nil, toLaptop: [Difference] = []) {
        self.boot = boot
        self.toLaptop = toLaptop
    }

    /// The machine's present run (random(4), boot_id); nil where the system does not say.
    package static func currentBoot(reading fileSystem: any FileSystem) -> [UInt8]? {
        let path = "/proc/sys/kernel/random/boot_id"
        guard let found = try? fileSystem.readUpTo(at: path, count: longestBoot), !found.isEmpty
        else { return nil }
        return found
    }

    private static let longestBoot = 64
    /// An intent is written before each batch, and waited for.
    private static let mostItems = 1_000

    func write(to writer: inout RecordWriter) {
        writer.put(boot ?? [])
        let items = toLaptop.count <= Self.mostItems ? toLaptop : []
        writer.put(UInt32(items.count))
        for item in items {
            writer.put(item.path.bytes)
            writer.put(item.old)
            writer.put(item.new)
        }
    }

    /// Reads to the end; nil for anything else than what `write` wrote.
    init?(_ reader: inout RecordReader) {
        guard let boot = reader.counted(), boot.count <= Self.longestBoot,
            let count = reader.integer(UInt32.self), count <= Self.mostItems
        else { return nil }
        var items: [Difference] = []
        for _ in 0..<count {
            guard let path = reader.path(), let old = reader.state(), let new = reader.state()
            else { return nil }
            items.append(Difference(path: path, old: old, new: new))
        }
        guard reader.isAtEnd else { return nil }
        self.init(boot: boot.isEmpty ? nil : boot, toLaptop: items)
    }
}
