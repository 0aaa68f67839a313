import TandemProject
package import TandemManagement
import TandemSSH
import TandemSystem

/// Asks one machine everything that `tandem verify` judges.
package struct FactsCollector: Sendable {
    /// The questions take seconds; a tree of a million files takes this long at most.
    private static let longestRun = 600
    /// Room for the names of some hundred thousand files of garbage.
    private static let longestOutput = 64 << 20

    let side: VerifySide
    /// What people call the machine.
    let name: String
    /// The root: absolute, or relative to the home directory.
    let root: String
    /// The container that knows the root by this path; nil where the root is the host's.
    let container: String?
    let expectation: VerifyExpectation

    package init(
        _ side: VerifySide,
        name: String,
        root: String,
        container: String? = nil,
        expectation: VerifyExpectation
    ) {
        self.side = side
        self.name = name
        self.root = root
        self.container = container
        self.expectation = expectation
    }

    /// Runs the one script and reads its answers.
    ///
    /// - Throws: errors of the shell; a question that fails is a fact that is not known.
    package func collect(by shell: any ScriptShell) throws -> MachineFacts {
        let script = FactsScript(
            side,
            root: root,
            container: container,
            expectation: expectation,
            token: Self.token()
        )
        let result = try shell.run(
            RemoteScript(
                "look at the machine",
                FactsScript.body,
                script.variables(quote: ShellText.quoted),
                seconds: Self.longestRun,
                longestOutput: Self.longestOutput
            )
        )
        return FactsParser(result.output, of: script, expectation: expectation)
            .facts(side, name: name)
    }

    /// A random word that no answer holds.
    static func token() -> String {
        var random = SystemRandomNumberGenerator()
        return "tandem-"
            + [random.next(), random.next()].map { String($0, radix: 16) }.joined()
    }
}
