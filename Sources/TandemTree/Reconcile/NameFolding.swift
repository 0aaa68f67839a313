/// Which names a side's file system takes for the same.
public enum NameFolding: String, Hashable, Sendable, CaseIterable {
    /// Different bytes are different names.
    case none
    /// Letters that differ in case alone are the same.
    case `case`
    /// The same, and composed and decomposed accents are the same, too (HFS+, APFS).
    case caseAndNormalForm

    /// What stands for a name; two names are the same to the side if this is equal.
    func key(of name: [UInt8]) -> NameKey {
        guard self != .none else { return .bytes(name) }
        var folded = String.UnicodeScalarView()
        var scanner = UTF8Scanner(name)
        while let element = scanner.next() {
            // What is no UTF-8 is not folded by any file system that folds.
            guard case .scalar(let scalar) = element else { return .bytes(name) }
            // By way of the capital letter, so that final sigma and long s fold, too. Where this
            // folds more than the file system does, a problem is listed that need not be one.
            let capital = scalar.properties.uppercaseMapping
            for upper in capital.unicodeScalars {
                folded.append(contentsOf: upper.properties.lowercaseMapping.unicodeScalars)
            }
        }
        let text = String(folded)
        return self == .case ? .bytes(Array(text.utf8)) : .text(text)
    }
}

/// Which names each side takes for the same.
public struct SideFolding: Hashable, Sendable {
    /// On the laptop.
    public var laptop: NameFolding
    /// On the vm.
    public var vm: NameFolding

    /// Makes a pair of them; a Linux file system folds nothing.
    public init(laptop: NameFolding = .none, vm: NameFolding = .none) {
        self.laptop = laptop
        self.vm = vm
    }

    func of(_ side: Side) -> NameFolding { side == .laptop ? laptop : vm }
}

/// A folded name.
///
/// Elsewhere a `String` never keys a name, because it compares by canonical equivalence; that is
/// just what a file system does that takes normal forms for the same.
enum NameKey: Hashable {
    case bytes([UInt8])
    case text(String)
}
