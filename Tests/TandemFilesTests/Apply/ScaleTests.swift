import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

struct ScaleTests {
    @Test(.timeLimit(.minutes(3)))
    func `calls for a new tree grow with its files and not faster`() throws {
        func calls(_ count: Int) throws -> Int {
            let fixture = try ApplyFixture(inMemory: true)
            var changes: [Change] = []
            for directory in 0..<(count / 100) {
                let path = RelativePath(trusted: Array("d\(1_000 + directory)".utf8))
                changes.append(fixture.createDirectory(path))
                for file in 0..<100 {
                    let name = Array("f\(1_000 + file)".utf8)
                    changes.append(fixture.create(path.appending(name), "content"))
                }
            }
            try fixture.apply(changes)
            return fixture.faulty.failableCalls
        }
        let (small, large) = (try calls(500), try calls(5_000))
        #expect(large < small * 11)
        #expect(large < 5_000 * 12)
    }
}
