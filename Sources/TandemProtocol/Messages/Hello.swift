package import TandemTree

/// What a session is for; it decides which messages are legal.
package enum Purpose: UInt8, Sendable, CaseIterable {
    case pair = 1
    case push = 2
    case plan = 3
    case status = 4
    case adopt = 5
    case shelf = 6
    case sync = 7
    case restore = 8

    /// Whether the session may open batches.
    package var mayChange: Bool { makesGenerations || self == .restore }

    /// Whether what the session's batches apply is agreed: they make generations and are committed.
    ///
    /// What a restore applies came from neither side, so no archive takes it.
    package var makesGenerations: Bool {
        switch self {
        case .pair, .push, .adopt, .sync: true
        case .plan, .status, .shelf, .restore: false
        }
    }
}

/// The laptop's first message.
///
///     u8, u8        lowest and highest version: first in every version of the protocol
///     varint        capabilities
///     16 bytes      pair id
///     u8            purpose
///     u8 [claim]    1 and the lineage claim, or 0: the laptop has no archive
///     u8 [16]       1 and the token of a new lineage (pair, adopt), or 0
///     u8 [32]       1 and the digest of the laptop's rule set, or 0
///     text          the client, for logs
package struct Hello: Hashable, Sendable {
    package var versions: VersionRange
    package var capabilities: Capabilities
    package var pair: PairID
    package var purpose: Purpose
    package var claim: LineageClaim?
    package var newToken: LineageToken?
    package var rules: Digest?
    package var client: String

    package init(
        versions: VersionRange = .own,
        capabilities: Capabilities = .own,
        pair: PairID,
        purpose: Purpose,
        claim: LineageClaim?,
        newToken: LineageToken? = nil,
        rules: Digest? = nil,
        client: String
    ) {
        self.versions = versions
        self.capabilities = capabilities
        self.pair = pair
        self.purpose = purpose
        self.claim = claim
        self.newToken = newToken
        self.rules = rules
        self.client = client
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(versions.lowest)
        bytes.append(versions.highest)
        bytes.appendVarint(capabilities.rawValue)
        bytes.append(contentsOf: pair.bytes)
        bytes.append(purpose.rawValue)
        bytes.append(flag: claim != nil)
        claim?.append(to: &bytes)
        bytes.append(optional: newToken)
        bytes.append(flag: rules != nil)
        rules?.append(to: &bytes)
        bytes.append(text: client, atMost: Limits.nameText)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        versions = try reader.versionRange("Hello.versions")
        capabilities = Capabilities(rawValue: try reader.varint("Hello.capabilities"))
        pair = try reader.identifier("Hello.pair")
        guard let purpose = Purpose(rawValue: try reader.byte("Hello.purpose")) else {
            throw ProtocolError(.badValue, "Hello.purpose")
        }
        self.purpose = purpose
        claim = try reader.flag("Hello.claim") ? try LineageClaim(&reader) : nil
        newToken = try reader.optionalIdentifier("Hello.newToken")
        rules = try reader.flag("Hello.rules") ? try reader.digest("Hello.rules") : nil
        client = try reader.text("Hello.client", atMost: Limits.nameText)
        try validate()
    }

    /// Refuses a Hello whose parts contradict each other.
    func validate() throws(ProtocolError) {
        let startsLineage = purpose == .pair || purpose == .adopt
        guard startsLineage == (newToken != nil) else {
            throw ProtocolError(.badValue, "Hello.newToken")
        }
    }
}

/// The vm's answer to Hello.
///
///     u8            the version both speak from here on
///     varint        capabilities
///     varint        session number: a higher one fences this one
///     lineage       the vm's lineage state
///     u8            1 if the vm holds the rule set that Hello named
///     varint        bytes of earlier batches that wait staged
///     varint        content credit
///     varint        free bytes on the root's file system
///     text          the receiver, for people
package struct Welcome: Hashable, Sendable {
    package var version: UInt8
    package var capabilities: Capabilities
    package var session: UInt64
    package var lineage: LineageState
    package var rulesKnown: Bool
    package var stagedBytes: UInt64
    package var credit: UInt64
    package var freeBytes: UInt64
    package var receiver: String

    package init(
        version: UInt8,
        capabilities: Capabilities = .own,
        session: UInt64,
        lineage: LineageState,
        rulesKnown: Bool,
        stagedBytes: UInt64,
        credit: UInt64,
        freeBytes: UInt64,
        receiver: String
    ) {
        self.version = version
        self.capabilities = capabilities
        self.session = session
        self.lineage = lineage
        self.rulesKnown = rulesKnown
        self.stagedBytes = stagedBytes
        self.credit = credit
        self.freeBytes = freeBytes
        self.receiver = receiver
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(version)
        bytes.appendVarint(capabilities.rawValue)
        bytes.appendVarint(session)
        lineage.append(to: &bytes)
        bytes.append(flag: rulesKnown)
        bytes.appendVarint(stagedBytes)
        bytes.appendVarint(credit)
        bytes.appendVarint(freeBytes)
        bytes.append(text: receiver, atMost: Limits.nameText)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        version = try reader.byte("Welcome.version")
        guard version >= 1 else { throw ProtocolError(.badValue, "Welcome.version") }
        capabilities = Capabilities(rawValue: try reader.varint("Welcome.capabilities"))
        session = try reader.varint("Welcome.session")
        lineage = try LineageState(&reader)
        rulesKnown = try reader.flag("Welcome.rulesKnown")
        stagedBytes = try reader.varint("Welcome.stagedBytes")
        credit = try reader.number("Welcome.credit", atMost: Limits.credit)
        freeBytes = try reader.varint("Welcome.freeBytes")
        receiver = try reader.text("Welcome.receiver", atMost: Limits.nameText)
    }
}
