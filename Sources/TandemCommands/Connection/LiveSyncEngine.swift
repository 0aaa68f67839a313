package import TandemSync
package import TandemTree

/// The engine of the product.
package struct LiveSyncEngine: SyncEngine {
    package init() {}

    package func push(
        _ target: SyncTarget,
        options: PushOptions,
        stop: StopSwitch,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) throws -> PushReport {
        let run = PushRun(
            pair: target.pair,
            options: options,
            connect: target.connect,
            observer: observer
        )
        stop.whenStopped { run.cancel() }
        return try run.run()
    }

    package func register(_ target: SyncTarget) throws -> ReceiverInfo {
        try requests(target).pair()
    }

    package func info(_ target: SyncTarget) throws -> ReceiverInfo {
        try requests(target).info()
    }

    package func adopt(_ target: SyncTarget) throws -> ReceiverInfo {
        try requests(target).adopt()
    }

    package func shelf(
        _ target: SyncTarget,
        below prefix: RelativePath
    ) throws -> [ShelvedItem] {
        try requests(target).shelf(prefix: prefix)
    }

    package func restore(_ target: SyncTarget, item: String, to path: RelativePath) throws {
        try requests(target).restore(item: item, to: path)
    }

    package func plan(
        _ target: SyncTarget,
        restoring order: RestoreOrder,
        stop: StopSwitch,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) throws -> RestorePlan {
        let run = RestoreRun(pair: target.pair, connect: target.connect, observer: observer)
        stop.whenStopped { run.cancel() }
        return try run.plan(order)
    }

    package func apply(
        _ target: SyncTarget,
        _ plan: RestorePlan,
        reading read: @escaping SnapshotReading,
        stop: StopSwitch,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) throws -> RestoreReport {
        let run = RestoreRun(pair: target.pair, connect: target.connect, observer: observer)
        stop.whenStopped { run.cancel() }
        return try run.apply(plan, reading: read)
    }

    private func requests(_ target: SyncTarget) -> VMRequests {
        VMRequests(pair: target.pair, connect: target.connect)
    }
}
