import TandemProtocol
import TandemSnapshots

/// A decoder under test; the name is the first argument and the corpus folder.
enum FuzzTarget: String, CaseIterable {
    case laptopToVM = "laptop-to-vm"
    case vmToLaptop = "vm-to-laptop"
    case dataPack = "data-pack"
    case tree
    case rules
    case snapshotPack = "snapshot-pack"
    case snapshotIndex = "snapshot-index"
    case snapshotManifest = "snapshot-manifest"
    case snapshotObject = "snapshot-object"
    case snapshotRequest = "snapshot-request"
    case snapshotAnswer = "snapshot-answer"
    case snapshotSettings = "snapshot-settings"

    /// The target that the first argument names; libFuzzer's callback can capture nothing.
    static let chosen = CommandLine.arguments.dropFirst().first.flatMap(FuzzTarget.init)

    func run(_ bytes: [UInt8]) {
        switch self {
        case .laptopToVM: DecoderProperties.laptopToVM(bytes)
        case .vmToLaptop: DecoderProperties.vmToLaptop(bytes)
        case .dataPack: DecoderProperties.dataPack(bytes)
        case .tree: DecoderProperties.tree(bytes)
        case .rules: DecoderProperties.rules(bytes)
        case .snapshotPack: SnapshotDecoderProperties.pack(bytes)
        case .snapshotIndex: SnapshotDecoderProperties.index(bytes)
        case .snapshotManifest: SnapshotDecoderProperties.manifest(bytes)
        case .snapshotObject: SnapshotDecoderProperties.object(bytes)
        case .snapshotRequest: SnapshotDecoderProperties.request(bytes)
        case .snapshotAnswer: SnapshotDecoderProperties.answer(bytes)
        case .snapshotSettings: SnapshotDecoderProperties.settings(bytes)
        }
    }
}
