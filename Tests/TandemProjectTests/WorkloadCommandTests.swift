import TandemProject
import Testing

struct WorkloadCommandTests {
    @Test func `the command is one word after the other, whatever they hold`() {
        let command = WorkloadCommand(
            Workload(container: "app", directory: "/my app"),
            words: ["sh", "-c", "echo \"$HOME\"; rm -rf '/'"],
            variables: [.init("A", "b c")]
        )
        let text = command.script.text
        #expect(
            text.contains(
                "exec podman exec -i -w '/my app' -e 'TANDEM_RUN=\(command.mark)' -e 'A=b c' app "
                    + "sh -c 'echo \"$HOME\"; rm -rf '\\''/'\\'''"
            )
        )
        #expect(command.mark.utf8.count == 32)
    }

    @Test func `each command has a mark of its own, and a signal looks for it`() {
        let workload = Workload(container: "app")
        let command = WorkloadCommand(workload, words: ["true"])
        #expect(command.mark != WorkloadCommand(workload, words: ["true"]).mark)
        #expect(!command.script.text.contains("-w"))
        #expect(command.signalScript("INT").text.contains("'TANDEM_RUN=\(command.mark)' INT"))
    }
}
