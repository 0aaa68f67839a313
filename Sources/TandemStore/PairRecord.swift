package import TandemTree

/// One pair as this laptop keeps it.
package struct PairRecord: Hashable, Sendable {
    /// The random name both sides know, 16 bytes.
    package var id: [UInt8]
    /// What the user calls it; no two pairs share a name.
    package var name: String
    /// The bytes of the laptop root's path.
    package var laptopRoot: [UInt8]
    /// The vm as the user wrote it, such as `me@devvm`.
    package var destination: String
    /// The container that applies changes, where there is one.
    package var container: String?
    /// What carries the stream.
    package var transport: String
    /// The root's path on the vm.
    package var vmRoot: String
    package var mode: SyncMode
    /// When the pair was made, in nanoseconds since 1970.
    package var created: Int64
    /// How to connect, in the words of whoever connects; this store does not look inside.
    package var settings: String
    /// What is remembered of the last push, in the words of whoever pushed.
    package var lastRun: String?

    package init(
        id: [UInt8],
        name: String,
        laptopRoot: [UInt8],
        destination: String,
        container: String? = nil,
        transport: String = "streamlocal",
        vmRoot: String,
        mode: SyncMode = .twoWay,
        created: Int64,
        settings: String = "",
        lastRun: String? = nil
    ) {
        self.id = id
        self.name = name
        self.laptopRoot = laptopRoot
        self.destination = destination
        self.container = container
        self.transport = transport
        self.vmRoot = vmRoot
        self.mode = mode
        self.created = created
        self.settings = settings
        self.lastRun = lastRun
    }
}
