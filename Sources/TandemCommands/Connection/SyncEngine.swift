package import TandemSync
package import TandemSystem
package import TandemTree

/// One pair and the way to its receiver.
package struct SyncTarget: Sendable {
    package var pair: LaptopPair
    package var connect: @Sendable () throws -> any ByteLink

    package init(pair: LaptopPair, connect: @escaping @Sendable () throws -> any ByteLink) {
        self.pair = pair
        self.connect = connect
    }
}

/// What the commands ask of the sync engine.
package protocol SyncEngine: Sendable {
    /// Plans or pushes; ends early when `stop` is thrown.
    func push(
        _ target: SyncTarget,
        options: PushOptions,
        stop: StopSwitch,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) throws -> PushReport

    /// Makes the pair known to the receiver; doing it again changes nothing.
    func register(_ target: SyncTarget) throws -> ReceiverInfo

    /// Asks the receiver who it is.
    func info(_ target: SyncTarget) throws -> ReceiverInfo

    /// Starts a new lineage on both sides, so that the next push unites and deletes nothing.
    func adopt(_ target: SyncTarget) throws -> ReceiverInfo

    /// Lists the vm's shelf.
    func shelf(_ target: SyncTarget, below prefix: RelativePath) throws -> [ShelvedItem]

    /// Puts a shelved item back, never over something that stands there.
    func restore(_ target: SyncTarget, item: String, to path: RelativePath) throws

    /// Says what bringing a snapshot back in place would change; nothing is written on the vm.
    func plan(
        _ target: SyncTarget,
        restoring order: RestoreOrder,
        stop: StopSwitch,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) throws -> RestorePlan

    /// Has the receiver do what such a plan says, where what was there still stands.
    func apply(
        _ target: SyncTarget,
        _ plan: RestorePlan,
        reading read: @escaping SnapshotReading,
        stop: StopSwitch,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) throws -> RestoreReport
}
