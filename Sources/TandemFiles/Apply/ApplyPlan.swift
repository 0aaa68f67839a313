package import TandemTree

/// What a batch will do to the root, in the order it will do it.
///
/// A value that knows no file system: changes go in, operations come out. A maximal new directory
/// and all that is new in it is one operation, because it is staged whole and renamed in once.
package struct ApplyPlan: Sendable {
    /// The one step that an operation is at swap time.
    package enum Kind: UInt8, Sendable {
        /// Nothing stands at the path; the staged value is renamed in.
        case create = 1
        /// The staged value is exchanged with what stands there.
        case replace = 2
        /// What stands there is renamed to the shelf.
        case remove = 3
        /// What stands at another path is renamed here.
        case move = 4
    }

    /// A swap, and the changes it carries out: `first` and those staged beneath it.
    package struct Operation: Hashable, Sendable {
        package var kind: Kind
        /// The position of the change at the top.
        package var first: Int
        /// The position after the last change that travels with it.
        package var end: Int
    }

    /// Where no change holds another: it is at the top of its operation.
    package static let top: Int32 = -1

    package private(set) var changes: [Change] = []
    private var operations: [Operation] = []
    /// Operations beneath a directory that is still staged; they follow when it stands.
    private var nested: [Operation] = []

    /// For each change, the position of the new directory it is staged in, or `top`.
    private var holders: [Int32] = []
    /// For each change, the position of the first change of its operation.
    private var tops: [Int32] = []
    /// For each change, the position after its last staged descendant.
    private var ends: [Int32] = []
    /// New directories that can still take children, outermost first.
    private var open: [Int] = []

    package init() {}

    /// The position of the new directory that a change is staged in; nil at the top.
    package func holder(of position: Int) -> Int? {
        holders[position] == Self.top ? nil : Int(holders[position])
    }

    /// The position of the change whose staged value holds this one's.
    package func top(of position: Int) -> Int { Int(tops[position]) }

    /// The position after the last change staged beneath `position`.
    package func end(of position: Int) -> Int { Int(ends[position]) }

    /// Takes the next change; a directory comes before what is in it.
    ///
    /// Order is not trusted: a change that finds its directory closed is an operation of its own,
    /// and compare-and-swap decides it.
    package mutating func append(_ change: Change) {
        let position = changes.count
        while let last = open.last, !change.path.isDescendant(of: changes[last].path) {
            open.removeLast()
        }
        let holder = holder(for: change)
        changes.append(change)
        holders.append(holder.map(Int32.init) ?? Self.top)
        tops.append(holder.map { tops[$0] } ?? Int32(position))
        ends.append(Int32(position + 1))
        for outer in open { ends[outer] = Int32(position + 1) }
        if let group = open.first.map({ _ in operations.count - 1 }) {
            operations[group].end = position + 1
        }
        if holder == nil { start(Self.kind(of: change), at: position) }
        if Self.opens(change), holder != nil || open.isEmpty { open.append(position) }
    }

    /// Every operation in the order of the swap pass.
    package var ordered: [Operation] { operations + nested }

    private mutating func start(_ kind: Kind, at position: Int) {
        let operation = Operation(kind: kind, first: position, end: position + 1)
        if open.isEmpty { operations.append(operation) } else { nested.append(operation) }
    }

    /// The directory that stages this change, when it is new in a new directory.
    private func holder(for change: Change) -> Int? {
        guard let last = open.last, Self.isPlainCreation(change),
            change.path.parent == changes[last].path
        else { return nil }
        return last
    }

    private static func isPlainCreation(_ change: Change) -> Bool {
        guard change.expected == nil, change.new != nil else { return false }
        if case .move = change.source { return false }
        return true
    }

    private static func opens(_ change: Change) -> Bool {
        guard change.new?.kind == .directory, change.expected?.kind != .directory else {
            return false
        }
        if case .move = change.source { return false }
        return true
    }

    private static func kind(of change: Change) -> Kind {
        guard let new = change.new else { return .remove }
        if case .move = change.source { return .move }
        guard let expected = change.expected else { return .create }
        return expected.kind == .directory && new.kind == .directory ? .create : .replace
    }
}
