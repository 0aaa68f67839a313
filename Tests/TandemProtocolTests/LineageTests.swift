import Testing

@testable import TandemProtocol

struct LineageTests {
    private typealias Row = (
        claim: LineageClaim?, vm: LineageState, decision: LineageDecision, sentence: String
    )

    private static let t6 = point(6)
    private static let t7 = point(7)
    private static let t8 = point(8)
    private static let other7 = LineagePoint(generation: 7, token: Samples.token(0xff))

    private static func point(_ number: UInt8) -> LineagePoint {
        LineagePoint(generation: UInt64(number), token: Samples.token(number))
    }

    private static let at7 = LineageClaim(t7)
    private static let meaning8 = LineageClaim(t7, intent: t8.token)

    private static let goingOn: [Row] = [
        (nil, .none, .firstContact, "neither knows the other"),
        (LineageClaim(point(0)), .none, .firstContact, "paired on the laptop, lost before the vm"),
        (LineageClaim(point(0)), .settled(point(0)), .goOn, "paired"),
        (at7, .settled(t7), .goOn, "nothing happened"),
        (meaning8, .settled(t7), .goOn, "Begin never came"),
        (meaning8, .begun(t7, next: t8.token), .goOn, "the batch was cut off"),
        (at7, .begun(t7, next: t8.token), .goOn, "the laptop forgot its intent"),
        (meaning8, .ended(t7, next: t8.token), .rollForward, "the answer was lost"),
        (LineageClaim(t8), .ended(t7, next: t8.token), .commitPending, "Commit was lost"),
        (
            LineageClaim(t8, intent: point(9).token), .ended(t7, next: t8.token), .commitPending,
            "Commit was lost and the next intent written"
        ),
        (LineageClaim(t8), .settled(t8), .goOn, "Commit came"),
    ]

    private static let amnesias: [Row] = [
        (nil, .settled(t7), .amnesia(.laptopHasNoArchive), "the laptop's state was deleted"),
        (nil, .begun(t7, next: t8.token), .amnesia(.laptopHasNoArchive), "deleted in a batch"),
        (nil, .ended(t7, next: t8.token), .amnesia(.laptopHasNoArchive), "deleted after a batch"),
        (nil, .unreadable, .amnesia(.laptopHasNoArchive), "deleted here, damaged there"),
        (at7, .none, .amnesia(.vmHasNoLineage), "a fresh or wrong volume"),
        (at7, .unreadable, .amnesia(.vmLineageUnreadable), "the record is damaged"),
        (LineageClaim(point(0)), .unreadable, .amnesia(.vmLineageUnreadable), "damaged at once"),
        (at7, .settled(t6), .amnesia(.vmIsOlder), "the vm was rolled back"),
        (at7, .begun(t6, next: t7.token), .amnesia(.vmIsOlder), "rolled back into a batch"),
        (at7, .settled(t8), .amnesia(.laptopIsOlder), "the laptop was restored"),
        (meaning8, .settled(t8), .amnesia(.laptopIsOlder), "restored to before the commit"),
        (at7, .settled(other7), .amnesia(.tokensDiffer), "swapped roots"),
        (at7, .begun(other7, next: t8.token), .amnesia(.tokensDiffer), "swapped in a batch"),
        (at7, .ended(t7, next: t8.token), .amnesia(.intentUnknown), "two agents, one state"),
        (
            LineageClaim(t7, intent: Samples.token(1)), .ended(t7, next: t8.token),
            .amnesia(.intentUnknown), "another intent"
        ),
        (
            LineageClaim(t8), .ended(t7, next: Samples.token(1)), .amnesia(.vmIsOlder),
            "the next generation has another name"
        ),
        (LineageClaim(point(9)), .ended(t7, next: t8.token), .amnesia(.vmIsOlder), "two behind"),
        (LineageClaim(t6), .ended(t7, next: t8.token), .amnesia(.laptopIsOlder), "one before"),
        (at7, .ended(other7, next: t8.token), .amnesia(.tokensDiffer), "another line ended"),
    ]

    @Test
    func `these records go on without a human`() {
        for row in Self.goingOn {
            #expect(Lineage.decide(row.claim, row.vm) == row.decision, "\(row.sentence)")
        }
    }

    @Test
    func `all else is amnesia, with its reason`() {
        for row in Self.amnesias {
            #expect(Lineage.decide(row.claim, row.vm) == row.decision, "\(row.sentence)")
        }
    }

    @Test
    func `the highest generation does not wrap around to the first`() {
        let highest = LineagePoint(generation: .max, token: Samples.token(1))
        let zero = LineagePoint(generation: 0, token: Samples.token(2))
        let vm = LineageState.ended(highest, next: zero.token)
        #expect(Lineage.decide(LineageClaim(zero), vm) == .amnesia(.laptopIsOlder))
    }

    @Test
    func `every state survives the wire`() throws {
        let states: [LineageState] = [
            .none, .settled(Self.t7), .begun(Self.t7, next: Self.t8.token),
            .ended(Self.t7, next: Self.t8.token), .unreadable,
        ]
        for state in states {
            var bytes: [UInt8] = []
            state.append(to: &bytes)
            var reader = ByteReader(bytes)
            #expect(try LineageState(&reader) == state)
            #expect(reader.remaining == 0)
        }
    }
}
