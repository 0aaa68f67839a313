/// Who a pair is.
package struct PairIdentity: Codable, Hashable, Sendable {
    /// The random name that both sides know, 16 bytes in hexadecimal.
    package var id: String
    /// What the user calls it.
    package var name: String
    /// The laptop root.
    package var root: String
    /// The vm root, as the user wrote it.
    package var vm: String

    package init(id: String, name: String, root: String, vm: String) {
        self.id = id
        self.name = name
        self.root = root
        self.vm = vm
    }
}
