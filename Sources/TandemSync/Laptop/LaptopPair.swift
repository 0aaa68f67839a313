import TandemFiles
package import TandemProtocol

/// One pair as the laptop knows it: who, which root, and where its state lies.
package struct LaptopPair: Sendable, Hashable {
    /// The pair's random name, 16 bytes, the same on both sides.
    package var id: [UInt8]
    /// The laptop root's path as the user gave it, made absolute.
    package var root: String
    /// The directory that holds the index, the archive and the lock of this pair; 0700.
    package var stateDirectory: String
    /// The protocol versions its links speak; others than this code's where a test plays them.
    package var versions = VersionRange.own

    package init(id: [UInt8], root: String, stateDirectory: String) {
        self.id = id
        self.root = root
        self.stateDirectory = stateDirectory
    }
}

extension LaptopPair {
    /// Whether both sides ever agreed on anything; before that the next sync unites them.
    package var hasSynced: Bool {
        (try? LaptopState.hasHistory(pair: self, fileSystem: RealFileSystem())) ?? false
    }
}
