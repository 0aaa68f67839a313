import Foundation
import TandemManagement
import Testing

struct VerifyReportTests {
    private func row(_ verdict: VerifyReport.Verdict, _ subject: String = "x") -> VerifyReport.Row {
        VerifyReport.Row(subject: subject, verdict: verdict, evidence: "e", method: "m")
    }

    private func report(
        _ rows: [VerifyReport.Row],
        unreachable: String? = nil
    ) -> VerifyReport {
        VerifyReport(
            machine: "devvm",
            time: "2024-03-04T00:00:00Z",
            unreachable: unreachable,
            rows: rows
        )
    }

    @Test func `only a report that saw all and found nothing wrong is clean`() {
        #expect(report([row(.ok), row(.allowed)]).exitCode == 0)
        #expect(report([row(.ok), row(.violation)]).exitCode == 1)
        #expect(report([row(.ok), row(.unknown)]).exitCode == 1)
        #expect(report([]).exitCode == 1)
        #expect(report([row(.allowed)]).exitCode == 1)
        #expect(report([row(.ok)], unreachable: "no route").exitCode == 69)
    }

    @Test func `the first line is the verdict`() {
        let mixed = report([row(.ok), row(.ok), row(.violation)])
        #expect(mixed.verdict == "not clean: 2 ok, 0 allowed, 1 violation, 0 unknown")
        #expect(report([]).verdict == "nothing was looked at")
        let away = report([], unreachable: "no route")
        #expect(away.verdict == "could not be verified: no route")
    }

    @Test func `the table has the worst first and cannot be broken by a name`() {
        let text = report([row(.ok), row(.violation, "a|b\n\u{1B}[31m`c")]).markdown
        #expect(
            text == """
                # verify devvm, 2024-03-04T00:00:00Z

                not clean: 1 ok, 0 allowed, 1 violation, 0 unknown

                | verdict | where | subject | evidence | method |
                | --- | --- | --- | --- | --- |
                | violation | both | a\\|b\\x0a\\x1b\\[31m\\`c | e | m |
                | ok | both | x | e | m |

                """
        )
    }

    @Test func `the JSON reads back, rows in the order found`() throws {
        let text = report([row(.ok), row(.violation, "a\"b\n")]).json
        #expect(text.filter(\.isNewline).count == 1)
        let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let object = try #require(parsed as? [String: Any])
        #expect(object["schema"] as? Int == 1)
        #expect(object["clean"] as? Bool == false)
        #expect(object["exitCode"] as? Int == 1)
        #expect(object["unreachable"] is NSNull)
        let rows = try #require(object["rows"] as? [[String: String]])
        #expect(rows.map { $0["verdict"] } == ["ok", "violation"])
        #expect(rows[1]["subject"] == "a\"b\\x0a")
    }

    @Test func `a kept report reads back as it was`() throws {
        var kept = report([row(.ok), row(.violation, "a b")], unreachable: "no route")
        kept.rows[0].side = .vm
        #expect(VerifyReport(json: Array(kept.json.utf8)) == kept)
        #expect(VerifyReport(json: Array("{}".utf8)) == nil)
        #expect(VerifyReport(json: Array(kept.json.utf8.dropLast(3))) == nil)
    }

    @Test func `a difference names what came, went and changed`() {
        var old = report([row(.ok, "a"), row(.ok, "b"), row(.ok, "c")])
        var new = report([row(.ok, "a"), row(.violation, "b"), row(.ok, "d")])
        let difference = new.difference(from: old)
        #expect(difference.added.map(\.subject) == ["d"])
        #expect(difference.removed.map(\.subject) == ["c"])
        #expect(difference.changed.map(\.new.subject) == ["b"])
        #expect(new.difference(from: new).isEmpty)
        // One subject on two sides, and several rows of one subject in another order.
        old.rows = [row(.ok), row(.violation)]
        new.rows = [row(.violation), row(.ok)]
        #expect(new.difference(from: old).isEmpty)
        new.rows[0].side = .vm
        #expect(new.difference(from: old).added.count == 1)
    }
}
