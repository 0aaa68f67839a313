/// One compare-and-swap, the unit of a batch.
public struct Change: Hashable, Sendable {
    /// Where.
    public var path: RelativePath
    /// What the sender believes stands there; nil for nothing.
    public var expected: EntryState?
    /// What shall stand there; nil to remove.
    ///
    /// A new directory has digest zero, and its children follow as changes of their own; only a
    /// directory that moves carries its digest, for the receiver to compare with its source.
    public var new: EntryState?
    /// The target bytes, set by the sender exactly if `new` is a link.
    public var linkTarget: [UInt8]?
    /// Where the receiver has the content already.
    public var source: ContentSource?

    /// Makes a change from its parts.
    public init(
        path: RelativePath,
        expected: EntryState?,
        new: EntryState?,
        linkTarget: [UInt8]? = nil,
        source: ContentSource? = nil
    ) {
        self.path = path
        self.expected = expected
        self.new = new
        self.linkTarget = linkTarget
        self.source = source
    }

    /// What the archive takes when the change is done.
    public var difference: Difference { Difference(path: path, old: expected, new: new) }
}

/// Content that need not travel because the receiver holds it.
public enum ContentSource: Hashable, Sendable {
    /// The whole file or subtree at this path is renamed; its state there is the change's `new`.
    case move(RelativePath)
    /// A file with this digest stands at this path before the batch.
    case copy(RelativePath)
}
