import TandemProtocol
import TandemTree

/// What the laptop says in a simulated pair: the meaning of the wire's messages, not their bytes.
enum ToVM: Sendable {
    case hello(LineageClaim)
    case compare
    case list([RelativePath])
    case begin(LineagePoint, changes: Int, asksFirst: Bool)
    case changes([Change])
    case content(UInt32, [UInt8])
    case end
    case appliedQuery
    case commit(LineagePoint)
    case fetch([Change])
}

/// What the vm says.
enum ToLaptop: Sendable {
    case welcome(LineageState)
    case rootTree(Digest, entries: Int)
    case listing(RelativePath, [(name: [UInt8], state: EntryState)])
    case missing(RelativePath)
    case need([UInt32], isLast: Bool)
    case refused([(id: UInt32, isTransient: Bool)])
    case ended(Digest)
    case applied([Difference])
    case committed
    case observed([Difference], root: Digest)
    case contents([[UInt8]?])
    case failure(String)
}
