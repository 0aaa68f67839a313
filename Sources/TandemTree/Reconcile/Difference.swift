/// One path whose state is not the same in two trees.
public struct Difference: Hashable, Sendable {
    /// Where.
    public var path: RelativePath
    /// What stood there; nil for nothing.
    public var old: EntryState?
    /// What stands there; nil for nothing.
    public var new: EntryState?

    /// Makes a difference from its parts.
    public init(path: RelativePath, old: EntryState?, new: EntryState?) {
        self.path = path
        self.old = old
        self.new = new
    }
}
