/// What the agent would do about a pair now, or after a reset.
package struct PlanAnswer: Codable, Hashable, Sendable {
    /// More of a list is counted and not carried.
    package static let listed = 1000

    /// One compare-and-swap: what stands at a path and what would.
    package struct Item: Codable, Hashable, Sendable {
        package var path: WirePath
        package var old: WireState?
        package var new: WireState?
        /// Where it stands before, for what is renamed.
        package var source: WirePath?

        package init(path: WirePath, old: WireState?, new: WireState?, source: WirePath? = nil) {
            self.path = path
            self.old = old
            self.new = new
            self.source = source
        }
    }

    /// What would come to one side.
    package struct Part: Codable, Hashable, Sendable {
        package var count = 0
        /// Content that would travel.
        package var bytes: UInt64 = 0
        /// What would go to the shelf of that side.
        package var shelved = 0
        /// The first of them.
        package var items: [Item] = []

        package init() {}
    }

    /// What both sides have of a path, and the reason's word.
    package struct Conflict: Codable, Hashable, Sendable {
        package var path: WirePath
        package var reason: String
        package var base: WireState?
        package var laptop: WireState?
        package var vm: WireState?

        package init(
            path: WirePath,
            reason: String,
            base: WireState?,
            laptop: WireState?,
            vm: WireState?
        ) {
            self.path = path
            self.reason = reason
            self.base = base
            self.laptop = laptop
            self.vm = vm
        }
    }

    package var laptopEntries: Int
    package var vmEntries: Int
    /// Whether both sides were looked at whole.
    package var isComplete: Bool
    package var toVM = Part()
    package var toLaptop = Part()
    package var conflictCount = 0
    /// Conflicts in which each side has something that the other's version would displace.
    package var heldByLaptop = 0
    package var heldByVM = 0
    /// The first of them.
    package var conflicts: [Conflict] = []
    /// Changes that a side keeps to itself.
    package var vmOnly = 0
    package var laptopOnly = 0
    package var problemCount = 0
    package var problems: [PairStatus.Problem] = []
    package var status: PairStatus

    package init(laptopEntries: Int, vmEntries: Int, isComplete: Bool, status: PairStatus) {
        self.laptopEntries = laptopEntries
        self.vmEntries = vmEntries
        self.isComplete = isComplete
        self.status = status
    }
}
