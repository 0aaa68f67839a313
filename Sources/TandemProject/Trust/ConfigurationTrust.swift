package import TandemTree

/// Which content of `tandem.yml` a person approved on this laptop, and what waits.
///
/// A value without a clock or a file: whoever applies batches tells it what arrived and what the
/// user edited, always with the digest of the content that was meant, so that a file which changed
/// once more in between cannot slip through. What is not known to be the user's own waits.
package struct ConfigurationTrust: Hashable, Sendable {
    /// Where content came from.
    package enum Origin: String, Hashable, Sendable {
        /// A batch of the vm brought it, or it was edited on top of what did.
        case vm
        /// It was there when the laptop's agent began to look.
        case unknown
    }

    /// Content that has no effect until it is approved.
    package struct Pending: Hashable, Sendable {
        /// Nil where the file is gone.
        package var digest: Digest?
        package var origin: Origin

        package init(digest: Digest?, origin: Origin) {
            self.digest = digest
            self.origin = origin
        }
    }

    /// More than anyone looks back at; beyond it, content that comes again is unknown, and waits.
    static let remembered = 64

    /// The approved content; nil where nothing was ever approved, and no file is in force.
    package private(set) var approved: Digest?
    package private(set) var pending: Pending?
    /// What batches of the vm brought, the newest last.
    private(set) var arrived: [Digest] = []

    /// Nothing approved yet.
    package init() {}

    init(approved: Digest?, pending: Pending?, arrived: [Digest]) {
        self.approved = approved
        self.pending = pending
        self.arrived = arrived.suffix(Self.remembered)
    }

    /// Whether this content may take effect.
    package func allows(_ digest: Digest?) -> Bool { digest == approved }

    /// A person on this laptop has seen this content, and wants it.
    package mutating func approve(_ digest: Digest?) {
        approved = digest
        pending = nil
        if let digest { arrived.removeAll { $0 == digest } }
    }

    /// A batch is about to bring this content from a side; nil where it takes the file away.
    ///
    /// Noted before the batch is applied, so that no crash leaves content whose origin is lost.
    package mutating func applied(from side: Side, _ digest: Digest?) {
        guard side == .vm else { return edited(on: .laptop, digest) }
        guard digest != approved else {
            pending = nil
            return
        }
        pending = Pending(digest: digest, origin: .vm)
        guard let digest else { return }
        arrived.removeAll { $0 == digest }
        arrived.append(digest)
        arrived.removeFirst(max(0, arrived.count - Self.remembered))
    }

    /// Somebody changed the file on a side, and this is what it holds there now.
    ///
    /// The user's own change on the laptop is approved by being made, unless it was made on top of
    /// content that waits: then a line of the vm's would be approved unseen.
    package mutating func edited(on side: Side, _ digest: Digest?) {
        guard side == .laptop else { return applied(from: .vm, digest) }
        guard digest != approved else {
            pending = nil
            return
        }
        if let digest, arrived.contains(digest) {
            pending = Pending(digest: digest, origin: .vm)
        } else if let origin = pending?.origin {
            pending = Pending(digest: digest, origin: origin)
        } else {
            approve(digest)
        }
    }

    /// The file holds this, and nobody saw it change.
    package mutating func found(_ digest: Digest?) {
        guard digest != approved else {
            pending = nil
            return
        }
        let isFromVM = digest.map(arrived.contains) ?? false
        let origin: Origin = isFromVM || pending?.origin == .vm ? .vm : .unknown
        pending = Pending(digest: digest, origin: origin)
    }
}
