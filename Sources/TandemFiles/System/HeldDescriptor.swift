/// An open descriptor with one owner, closed through its file system when the owner ends.
package struct HeldDescriptor: ~Copyable, Sendable {
    package let raw: Int32
    private let fileSystem: any FileSystem
    private var isHeld = true

    /// Takes ownership of a descriptor that `fileSystem` opened.
    package init(_ raw: Int32, of fileSystem: any FileSystem) {
        self.raw = raw
        self.fileSystem = fileSystem
    }

    deinit {
        if isHeld { fileSystem.close(raw) }
    }

    /// Gives the descriptor away; the caller closes it.
    package consuming func take() -> Int32 {
        isHeld = false
        return raw
    }
}
