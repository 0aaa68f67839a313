import TandemSystem
package import TandemTree

/// What a root durably knows of its lineage with a pair, as `.tandem/lineage` holds it.
package enum StoredLineage: Hashable, Sendable {
    /// A generation by its number and its random name of 16 bytes.
    package struct Point: Hashable, Sendable {
        package var generation: UInt64
        package var token: [UInt8]

        package init(generation: UInt64, token: [UInt8]) {
            self.generation = generation
            self.token = token
        }
    }

    /// There is no record.
    case none
    case settled(Point)
    /// A batch toward the next generation, named by the token, has begun.
    case begun(Point, next: [UInt8])
    /// Its changes are durable, and the list of them is stored.
    case ended(Point, next: [UInt8])
    /// There is a record, and it cannot be read.
    case unreadable
}

/// Keeps the lineage record of one pair: each change of it is durable and whole, or did not happen.
///
/// ```
/// lineage/<pair>           magic, state u8, generation u64, token 16, next 16, SHA-256 of these
/// lineage/<pair>-applied   magic, next 16, count u32, records, SHA-256 of these
/// ```
package struct LineageStore: Sendable {
    private let directory: Directory
    private let name: [UInt8]

    private static let magic = Array("TNDMLIN1".utf8)
    private static let listMagic = Array("TNDMAPP1".utf8)
    private static let tokenLength = 16
    private static let recordLimit = 4096
    /// A million changes with long paths.
    private static let listLimit = 1 << 30

    private var listName: [UInt8] { name + Array("-applied".utf8) }

    /// Opens the store in a root; nil when the root has no private area and `create` is false.
    package init?(
        fileSystem: any FileSystem,
        root: SyncRoot,
        pair: [UInt8],
        create: Bool = true
    ) throws(ApplyError) {
        guard let area = try PrivateArea.open(root, of: fileSystem, create: create) else {
            return nil
        }
        do throws(SystemError) {
            directory = try area.section(.lineage)
        } catch {
            throw ApplyError("open the lineage of \(root.path)", error)
        }
        name = hexadecimal(pair)
    }

    /// What is known; a record that cannot be read is a state of its own.
    package func load() -> StoredLineage {
        do throws(SystemError) {
            guard let bytes = try directory.readWhole(name, limit: Self.recordLimit) else {
                return .none
            }
            return Self.decode(bytes)
        } catch {
            return .unreadable
        }
    }

    /// Makes a state durable.
    ///
    /// - Parameters:
    ///   - state: not `.unreadable`; `.none` forgets the pair.
    ///   - applied: for `.ended`, what the batch applied; stored before the state that promises it.
    ///     Nil when all that was planned was applied: the list is there already.
    /// - Throws: `.system`; the old state stands then, or the new one does.
    package func save(
        _ state: StoredLineage,
        applied: [Difference]? = nil
    ) throws(ApplyError) {
        do throws(SystemError) {
            if case .ended(_, let next) = state, let applied {
                try directory.writeDurably(listName, Self.encode(applied, next))
            }
            CrashPoint.reach("lineage.before-state")
            if let bytes = Self.encode(state) {
                try directory.writeDurably(name, bytes)
            } else {
                try directory.removeIfPresent(name)
                try directory.sync()
            }
            CrashPoint.reach("lineage.after-state")
            guard case .ended = state else { return try directory.removeIfPresent(listName) }
        } catch {
            throw ApplyError("store the lineage", error)
        }
    }

    /// Makes durable what a begun batch is about to apply, so that a crash among its swaps does not
    /// make the vm's own changes of them.
    package func plan(_ changes: [Difference], next: [UInt8]) throws(ApplyError) {
        do throws(SystemError) {
            try directory.writeDurably(listName, Self.encode(changes, next))
        } catch {
            throw ApplyError("store the batch's list", error)
        }
    }

    /// What the begun batch was about to apply; nil when it had not come so far.
    package func plannedList() -> [Difference]? {
        guard case .begun(_, let next) = load() else { return nil }
        return try? list(next)
    }

    /// What the ended batch applied.
    ///
    /// - Throws: `.noSuchItem` when no batch is ended, or its list is not whole.
    package func appliedList() throws(ApplyError) -> [Difference] {
        let found: [Difference]?
        do throws(SystemError) {
            guard case .ended(_, let next) = load() else {
                throw SystemError("read the applied list", errno: 2)
            }
            found = try list(next)
        } catch {
            throw ApplyError(.noSuchItem, "no batch is ended here", cause: error)
        }
        guard let found else { throw ApplyError(.noSuchItem, "the applied list is damaged") }
        return found
    }

    private func list(_ next: [UInt8]) throws(SystemError) -> [Difference]? {
        try directory.readWhole(listName, limit: Self.listLimit)
            .flatMap { Self.decodeList($0, next) }
    }

    // MARK: Bytes

    static func encode(_ state: StoredLineage) -> [UInt8]? {
        var writer = RecordWriter()
        writer.put(raw: magic)
        let empty = [UInt8](repeating: 0, count: tokenLength)
        func put(_ code: UInt8, _ point: StoredLineage.Point, _ next: [UInt8]) {
            writer.put(code)
            writer.put(point.generation)
            writer.put(raw: fitted(point.token))
            writer.put(raw: fitted(next))
        }
        switch state {
        case .none, .unreadable: return nil
        case .settled(let point): put(1, point, empty)
        case .begun(let point, let next): put(2, point, next)
        case .ended(let point, let next): put(3, point, next)
        }
        return writer.sealed()
    }

    /// Exactly 16 bytes, whatever a caller gave.
    private static func fitted(_ token: [UInt8]) -> [UInt8] {
        Array(token.prefix(tokenLength))
            + [UInt8](repeating: 0, count: max(0, tokenLength - token.count))
    }

    static func decode(_ bytes: [UInt8]) -> StoredLineage {
        guard var reader = RecordReader(sealed: bytes), reader.raw(magic.count) == magic,
            let code = reader.integer(UInt8.self), let generation = reader.integer(UInt64.self),
            let token = reader.raw(tokenLength), let next = reader.raw(tokenLength), reader.isAtEnd
        else { return .unreadable }
        let point = StoredLineage.Point(generation: generation, token: token)
        switch code {
        case 1: return .settled(point)
        case 2: return .begun(point, next: next)
        case 3: return .ended(point, next: next)
        default: return .unreadable
        }
    }

    private static func encode(_ list: [Difference], _ next: [UInt8]) -> [UInt8] {
        var writer = RecordWriter()
        writer.put(raw: listMagic)
        writer.put(raw: fitted(next))
        writer.put(UInt32(clamping: list.count))
        for item in list {
            writer.put(item.path.bytes)
            writer.put(item.old)
            writer.put(item.new)
        }
        return writer.sealed()
    }

    private static func decodeList(_ bytes: [UInt8], _ next: [UInt8]) -> [Difference]? {
        guard var reader = RecordReader(sealed: bytes), reader.raw(listMagic.count) == listMagic,
            reader.raw(tokenLength) == next, let count = reader.integer(UInt32.self)
        else { return nil }
        var list: [Difference] = []
        for _ in 0..<count {
            guard let path = reader.path(), let old = reader.state(), let new = reader.state()
            else { return nil }
            list.append(Difference(path: path, old: old, new: new))
        }
        return reader.isAtEnd ? list : nil
    }
}
