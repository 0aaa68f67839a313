package import TandemTree

/// Why a change was not applied.
package enum RefusalReason: UInt8, Hashable, Sendable, CaseIterable {
    /// Something else stands there than the sender believed.
    case changed = 1
    /// The directory above is missing, or is none.
    case noParent = 2
    /// The directory holds what the batch does not name.
    case notEmpty = 3
    /// A name there folds to the same one.
    case nameClash = 4
    /// A rule or Tandem itself keeps this path.
    case ignored = 5
    /// The free-space floor would be broken.
    case noSpace = 6
    /// The system does not let the receiver.
    case permission = 7
    /// The file system there cannot hold it.
    case unsupported = 8
    /// The content that came does not have the digest.
    case digestMismatch = 9
    /// Not all of the content came.
    case contentMissing = 10
    /// What was to be moved or copied is not there as believed.
    case sourceChanged = 11
    /// Reading or writing failed.
    case inputOutput = 12
    /// A writer has it open, and twice it could not be taken.
    case busy = 13
}

/// A change the vm did not apply, and what it found.
///
///     varint        change number
///     u8            reason
///     state         what stands there
package struct OutcomeItem: Hashable, Sendable {
    package var id: UInt32
    package var reason: RefusalReason
    package var found: EntryState?

    package init(id: UInt32, reason: RefusalReason, found: EntryState?) {
        self.id = id
        self.reason = reason
        self.found = found
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(id)
        bytes.append(reason.rawValue)
        StateCodec.append(found, to: &bytes)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        id = try reader.number("Outcome.id", atMost: Limits.changesInBatch)
        guard let reason = RefusalReason(rawValue: try reader.byte("Outcome.reason")) else {
            throw ProtocolError(.badValue, "Outcome.reason")
        }
        self.reason = reason
        found = try StateCodec.read(&reader, "Outcome.found")
    }
}

/// The batch is durable on the vm, except for what Outcome named.
///
///     varint        generation
///     varint        changes applied
///     u8 [32]       1 and the digest of the vm's root, if it knows it; else 0
package struct Ended: Hashable, Sendable {
    package var generation: UInt64
    package var applied: UInt32
    package var root: Digest?

    package init(generation: UInt64, applied: UInt32, root: Digest?) {
        self.generation = generation
        self.applied = applied
        self.root = root
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(generation)
        bytes.appendVarint(applied)
        bytes.append(flag: root != nil)
        root?.append(to: &bytes)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        generation = try reader.varint("Ended.generation")
        applied = try reader.number("Ended.applied", atMost: Limits.changesInBatch)
        root = try reader.flag("Ended.root") ? try reader.digest("Ended.root") : nil
    }
}

/// What the vm applied toward the generation it ended, for a laptop that lost the answer.
///
///     varint        how many
///     per item      path (prefix-compressed, strictly ascending), old state, new state
///     u8            1 if it is the last
package struct Applied: Hashable, Sendable {
    package var items: [Difference]
    package var last: Bool

    package init(items: [Difference], last: Bool) {
        self.items = items
        self.last = last
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(count: items.count)
        var paths = PathWriter()
        for item in items {
            paths.append(item.path, to: &bytes)
            StateCodec.append(item.old, to: &bytes)
            StateCodec.append(item.new, to: &bytes)
        }
        bytes.append(flag: last)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        var paths = PathReader()
        items = []
        for _ in 0..<(try reader.count("Applied.count")) {
            let path = try paths.path(&reader, "Applied.path")
            let old = try StateCodec.read(&reader, "Applied.old")
            let new = try StateCodec.read(&reader, "Applied.new")
            items.append(Difference(path: path, old: old, new: new))
        }
        last = try reader.flag("Applied.last")
    }
}
