/// A generation both sides can point at: its number and its random name.
package struct LineagePoint: Hashable, Sendable {
    package var generation: UInt64
    package var token: LineageToken

    package init(generation: UInt64, token: LineageToken) {
        self.generation = generation
        self.token = token
    }

    /// Whether `token` names the generation right after this one at `point`.
    func isFollowed(by point: LineagePoint, named token: LineageToken) -> Bool {
        let (next, overflow) = generation.addingReportingOverflow(1)
        return !overflow && point == LineagePoint(generation: next, token: token)
    }
}

/// What the laptop says it durably knows: its archive's generation, and the token it may have begun.
///
///     varint        generation
///     16 bytes      its token
///     u8 [16]       1 and the token of the next generation, if an intent is written; else 0
package struct LineageClaim: Hashable, Sendable {
    package var point: LineagePoint
    package var intent: LineageToken?

    package init(_ point: LineagePoint, intent: LineageToken? = nil) {
        self.point = point
        self.intent = intent
    }

    func append(to bytes: inout [UInt8]) {
        point.append(to: &bytes)
        bytes.append(optional: intent)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        point = try LineagePoint(&reader, "LineageClaim.point")
        intent = try reader.optionalIdentifier("LineageClaim.intent")
    }
}

/// What the vm durably knows of its lineage with this pair.
///
///     u8            0 none, 1 settled, 2 begun, 3 ended, 4 unreadable
///     varint, 16    the generation it keeps and its token, if 1, 2 or 3
///     16 bytes      the token of the generation after that, if 2 or 3
package enum LineageState: Hashable, Sendable {
    /// The vm has never heard of this pair, or its volume is new.
    case none
    /// Both sides agreed on this generation.
    case settled(LineagePoint)
    /// A batch toward the next generation has begun and not ended.
    case begun(LineagePoint, next: LineageToken)
    /// The next generation's changes are durable here; the laptop's Commit is awaited.
    case ended(LineagePoint, next: LineageToken)
    /// There is a record, and it cannot be read.
    case unreadable

    private static let noneByte: UInt8 = 0
    private static let settledByte: UInt8 = 1
    private static let begunByte: UInt8 = 2
    private static let endedByte: UInt8 = 3
    private static let unreadableByte: UInt8 = 4

    func append(to bytes: inout [UInt8]) {
        switch self {
        case .none:
            bytes.append(Self.noneByte)
        case .settled(let point):
            bytes.append(Self.settledByte)
            point.append(to: &bytes)
        case .begun(let point, let next):
            bytes.append(Self.begunByte)
            point.append(to: &bytes)
            bytes.append(contentsOf: next.bytes)
        case .ended(let point, let next):
            bytes.append(Self.endedByte)
            point.append(to: &bytes)
            bytes.append(contentsOf: next.bytes)
        case .unreadable:
            bytes.append(Self.unreadableByte)
        }
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        let kind = try reader.byte("LineageState")
        switch kind {
        case Self.noneByte:
            self = .none
        case Self.settledByte:
            self = .settled(try LineagePoint(&reader, "LineageState.point"))
        case Self.begunByte, Self.endedByte:
            let point = try LineagePoint(&reader, "LineageState.point")
            let next: LineageToken = try reader.identifier("LineageState.next")
            self = kind == Self.begunByte ? .begun(point, next: next) : .ended(point, next: next)
        case Self.unreadableByte:
            self = .unreadable
        default:
            throw ProtocolError(.badValue, "LineageState")
        }
    }
}

extension LineagePoint {
    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(generation)
        bytes.append(contentsOf: token.bytes)
    }

    init(_ reader: inout ByteReader, _ field: StaticString) throws(ProtocolError) {
        generation = try reader.varint(field)
        token = try reader.identifier(field)
    }
}
