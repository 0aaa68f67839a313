import CBench
import Foundation

/// Dispatches to the tools.
@main
struct Main {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("tree", 3): try SampleTree.write(to: arguments[1], files: Int(arguments[2]) ?? 0)
        case ("small-tree", 3):
            try SampleTree.write(to: arguments[1], files: Int(arguments[2]) ?? 0, largest: 2048)
        case ("edits", 6):
            try LiveEdits.run(
                from: arguments[1],
                to: arguments[2],
                list: arguments[3],
                pause: Int(arguments[4]) ?? 0,
                result: arguments[5]
            )
        case ("replace", 4):
            try LiveEdits.replace(
                in: arguments[1],
                count: Int(arguments[2]) ?? 0,
                result: arguments[3]
            )
        case ("burst", 4):
            try LiveEdits.burst(
                from: arguments[1],
                to: arguments[2],
                count: Int(arguments[3]) ?? 0
            )
        case ("floor", 3): try Floor.copy(from: arguments[1], to: arguments[2])
        case ("run", 4...): try MeasuredRun.run(Array(arguments.dropFirst(2)), to: arguments[1])
        case ("count", 4):
            let ports = arguments[1...2].compactMap(Int32.init)
            guard ports.count == 2, bench_count(ports[0], ports[1], arguments[3]) == 0 else {
                exit(1)
            }
        default:
            print(
                "usage: bench-tool tree DIR FILES | small-tree DIR FILES | floor FROM TO"
                    + " | run RESULT COMMAND… | count PORT TARGET RESULT"
                    + " | edits FROM TO LIST PAUSE-MS RESULT | replace DIR COUNT RESULT"
                    + " | burst FROM TO COUNT"
            )
            exit(64)
        }
    }
}
