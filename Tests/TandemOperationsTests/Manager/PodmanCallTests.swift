import TandemHTTP
import TandemManagement
import Testing

/// The list of allowed calls, and what is read of Podman's answers.
struct PodmanCallTests {
    @Test func `only plain names become members, and only members are found`() throws {
        let list = try WatchList(["tandem-receiver", "other"])
        #expect(list.member("receiver")?.name == "tandem-receiver")
        #expect(list.member("other")?.name == "other")
        for name in ["", "snapshot", "../x", "tandem-receiver/json", "a?b", "a%2f", "é"] {
            #expect(list.member(name) == nil)
        }
        for name in ["", "-a", "a/b", "a b", "a?b", "a#b", "é", String(repeating: "a", count: 65)] {
            #expect(throws: WatchListError.notAName(name)) { try WatchList([name]) }
        }
        #expect(throws: WatchListError.empty) { try WatchList([]) }
        #expect(throws: WatchListError.twice("a")) { try WatchList(["a", "a"]) }
    }

    @Test func `every call is about a member, and none makes or enters a container`() throws {
        let list = try WatchList(["tandem-receiver"])
        let member = list.members[0]
        let image = Situation.new
        let calls: [PodmanCall] = [
            .ping, .inspect(member), .checkHealth(member), .stop(member), .start(member),
            .restart(member), .logs(member, lines: 5), .stats([member]), .images,
            .use(image, member), .keep(image, member),
        ]
        for call in calls {
            #expect(call.target.hasPrefix("/v4.0.0/libpod/"))
            for word in ["create", "exec", "pull", "prune", "volumes", "build", "delete"] {
                #expect(!call.target.contains(word), "\(call.target)")
            }
        }
        #expect(
            PodmanCall.use(image, member).target
                == "/v4.0.0/libpod/images/\(image.hex)/tag?repo=localhost/tandem-receiver&tag=latest"
        )
        #expect(PodmanCall.logs(member, lines: .max).target.hasSuffix("tail=10000"))
    }

    @Test func `an image is sixty-four digits and nothing else`() {
        let digits = String(repeating: "0a", count: 32)
        #expect(ImageID("sha256:" + digits)?.hex == digits)
        #expect(ImageID(digits)?.description == "sha256:" + digits)
        for text in [
            "", "sha256:", "latest", digits + "0", digits.uppercased(), "sha512:" + digits,
        ] {
            #expect(ImageID(text) == nil)
        }
    }

    @Test func `an inspected container is read by its state, health, image and unit`() throws {
        let body = """
            {"Id":"c1","Image":"\(Situation.old.hex)","RestartCount":2,
             "State":{"Status":"running","StartedAt":"t","Health":{"Status":"unhealthy",
             "FailingStreak":3,"Log":[{"Start":"s1","End":"e1","ExitCode":1,"Output":""}]}},
             "Config":{"Labels":{"PODMAN_SYSTEMD_UNIT":"tandem-receiver.service"}}}
            """
        let seen = try PodmanReader.observation(Array(body.utf8))
        #expect(seen.state == .running && seen.health == .unhealthy)
        #expect(seen.image == Situation.old && seen.unit == "tandem-receiver.service")
        #expect(seen.start == "c1 t" && seen.healthStamp == "s1 1" && seen.restarts == 2)
        let ended = #"{"Id":"c","State":{"Status":"exited","ExitCode":137}}"#
        let other = try PodmanReader.observation(Array(ended.utf8))
        #expect(other.state == .ended(code: 137, byRequest: false) && other.health == .none)
    }

    @Test(arguments: ["", "{", "[]", "null", #"{"Id":1}"#, #"{"Id":"c","State":{}}"#])
    func `what is no answer of Podman's is an error`(_ body: String) {
        #expect(throws: PodmanError.self) { try PodmanReader.observation(Array(body.utf8)) }
    }

    @Test func `an image is found by its id and by its manifest digest`() throws {
        let body = """
            [{"Id":"\(Situation.old.hex)","Digest":"\(Situation.new)",
              "RepoDigests":["localhost/x@\(Situation.image("c"))"]}]
            """
        for wanted in [Situation.old, Situation.new, Situation.image("c")] {
            #expect(try PodmanReader.image(wanted, in: Array(body.utf8)) == Situation.old)
        }
        #expect(try PodmanReader.image(Situation.image("d"), in: Array(body.utf8)) == nil)
    }

    @Test func `a log is taken out of its frames, and plain text stays as it is`() {
        let frames: [UInt8] =
            [1, 0, 0, 0, 0, 0, 0, 2] + Array("a\n".utf8) + [2, 0, 0, 0, 0, 0, 0, 2]
            + Array("b\n".utf8)
        #expect(PodmanReader.log(frames) == Array("a\nb\n".utf8))
        #expect(PodmanReader.log(Array("plain".utf8)) == Array("plain".utf8))
        for length in 0...frames.count { _ = PodmanReader.log(Array(frames[..<length])) }
    }
}
