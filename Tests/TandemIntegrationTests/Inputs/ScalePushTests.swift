import Foundation
import TandemTestSupport
import Testing

/// Many entries at once, at the scale that each name says.
@Suite(.serialized) struct ScalePushTests {
    @Test(.tags(.live), .timeLimit(.minutes(3)))
    func `bad input 73 to 75, 77 and 78: 14,000 entries instead of millions, and their rename`()
        throws
    {
        let live = try LivePair()
        try Command.run(
            "bash",
            [
                "-c",
                """
                cd "$1"; mkdir many flat empty links
                for d in $(seq 100); do
                    mkdir many/$d empty/$d empty/$d/{1..9}
                    for f in $(seq 80); do echo $d $f >many/$d/$f; done
                    for l in $(seq 10); do ln -s ../many/$d/$l links/$d-$l; done
                done
                for f in $(seq 4000); do : >flat/$f; done
                """,
                "bash", live.laptop,
            ]
        )
        let end = try live.push()
        #expect(end.code == 0, "\(end.said)")
        #expect(end.output.contains("; 14,104 entries, "), "\(end.said)")
        #expect(try live.differences() == "")
        let files = FileManager.default
        try files.moveItem(atPath: "\(live.laptop)/many", toPath: "\(live.laptop)/renamed")
        let renamed = try live.push("--json")
        #expect(renamed.code == 0, "\(renamed.said)")
        #expect(try SentBytes(renamed).sent == 0)
        #expect(try live.differences() == "")
    }
}
