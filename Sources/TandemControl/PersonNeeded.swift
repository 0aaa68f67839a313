/// A connection cannot be made before a person did something: typed a passphrase, checked a key.
package struct PersonNeeded: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is the matter.
    package var what: String
    /// What the person can do.
    package var next: String
    /// Whether an attempt that fails is seen by the vm, which may lock out who tries too often.
    package var isSeenByVM: Bool

    package init(_ what: String, next: String, isSeenByVM: Bool = false) {
        self.what = what
        self.next = next
        self.isSeenByVM = isSeenByVM
    }

    package var description: String { "\(what); \(next)" }
}
