import TandemFiles
import TandemProtocol
package import TandemSystem
package import TandemTree

/// What a receiver says of itself and of a pair.
package struct ReceiverInfo: Sendable, Hashable {
    package var protocolVersion: Int
    package var receiver: String
    package var lineage: String
    package var freeBytes: UInt64
    package var stagedBytes: UInt64
    package var generation: UInt64?
}

/// One item on the vm's shelf.
package struct ShelvedItem: Sendable, Hashable {
    package var id: String
    package var path: RelativePath
    package var state: EntryState
    /// Nanoseconds since 1970 by the vm's clock.
    package var shelvedAt: UInt64
    /// Whether the content was never in an agreed tree, so that it is kept until it is restored.
    package var isLive: Bool
}

/// Short conversations with a receiver, each over a fresh link; they block the calling thread.
package struct VMRequests: Sendable {
    private let laptopPair: LaptopPair
    private let connect: @Sendable () throws -> any ByteLink
    private let fileSystem: any FileSystem = RealFileSystem()

    package init(pair: LaptopPair, connect: @escaping @Sendable () throws -> any ByteLink) {
        laptopPair = pair
        self.connect = connect
    }

    /// Registers the pair on both sides and starts its lineage; a pair that stands stays.
    package func pair() throws -> ReceiverInfo {
        if try LaptopState.hasHistory(pair: laptopPair, fileSystem: fileSystem) {
            let info = try converse(.pair, newToken: .random()) { try $0.welcome() }
            return ReceiverInfo(info)
        }
        return try startLineage(.pair)
    }

    /// Asks the receiver how it is, and changes nothing.
    package func info() throws -> ReceiverInfo {
        ReceiverInfo(try converse(.status, newToken: nil) { try $0.welcome() })
    }

    /// Starts a new lineage on both sides: the next push unites and deletes nothing.
    package func adopt() throws -> ReceiverInfo { try startLineage(.adopt) }

    /// The items on the vm's shelf whose path is `prefix` or lies beneath it.
    package func shelf(prefix: RelativePath) throws -> [ShelvedItem] {
        try converse(.shelf, newToken: nil) { talk in
            _ = try talk.welcome()
            try talk.send(.shelfList(prefix))
            var items: [ShelvedItem] = []
            while true {
                guard case .shelfItems(let part) = try talk.next() else { continue }
                items += part.items.map(ShelvedItem.init)
                if part.last { return items }
            }
        }
    }

    /// Puts a shelved item back at a path where nothing stands.
    package func restore(item: String, to path: RelativePath) throws {
        try converse(.shelf, newToken: nil) { talk in
            _ = try talk.welcome()
            try talk.send(.shelfRestore(ShelfPlace(item: Array(item.utf8), path: path)))
            while true {
                if case .restored = try talk.next() { return }
            }
        }
    }

    private func startLineage(_ purpose: Purpose) throws -> ReceiverInfo {
        let token = LineageToken.random()
        let info = try converse(purpose, newToken: token) { try $0.welcome() }
        guard case .settled(let point) = info.lineage, point.generation == 0 else {
            throw SyncError(
                .amnesia,
                "the vm has a record of this pair that the laptop has lost; nothing was changed",
                hint: "run `tandem adopt` to unite both sides"
            )
        }
        try LaptopState.begin(pair: laptopPair, token: point.token, fileSystem: fileSystem)
        return ReceiverInfo(info)
    }

    private func converse<Result>(
        _ purpose: Purpose,
        newToken: LineageToken?,
        _ body: (Talk) throws -> Result
    ) throws -> Result {
        let talk = Talk(try connect(), versions: laptopPair.versions)
        defer { talk.close() }
        try talk.send(
            .hello(
                Hello(
                    versions: laptopPair.versions,
                    pair: try PairID.checked(laptopPair.id),
                    purpose: purpose,
                    claim: nil,
                    newToken: newToken,
                    client: ClientText.own
                )
            )
        )
        return try body(talk)
    }
}

extension ReceiverInfo {
    init(_ welcome: Welcome) {
        self.init(
            protocolVersion: Int(welcome.version),
            receiver: welcome.receiver,
            lineage: Self.text(welcome.lineage),
            freeBytes: welcome.freeBytes,
            stagedBytes: welcome.stagedBytes,
            generation: Self.generation(welcome.lineage)
        )
    }

    private static func text(_ lineage: LineageState) -> String {
        switch lineage {
        case .none: "none"
        case .settled: "settled"
        case .begun: "a batch was begun"
        case .ended: "a batch ended and waits for its commit"
        case .unreadable: "unreadable"
        }
    }

    private static func generation(_ lineage: LineageState) -> UInt64? {
        switch lineage {
        case .none, .unreadable: nil
        case .settled(let point), .begun(let point, _), .ended(let point, _): point.generation
        }
    }
}

extension ShelvedItem {
    init(_ entry: ShelfEntry) {
        self.init(
            id: escaped(entry.item),
            path: entry.path,
            state: entry.state,
            shelvedAt: entry.shelvedAt.multipliedReportingOverflow(by: 1_000_000_000).partialValue,
            isLive: entry.live
        )
    }
}
