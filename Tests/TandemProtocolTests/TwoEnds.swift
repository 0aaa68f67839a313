import TandemTree

@testable import TandemProtocol

/// Both ends of a session, joined without a link; every message travels as bytes.
struct TwoEnds {
    var laptop = LaptopEnd(now: 0)
    var vm = VMEnd(now: 0)

    /// A session that Hello and Welcome have opened.
    init(_ purpose: Purpose = .push, credit: UInt64 = 1_000) throws {
        var hello = Samples.hello
        hello.purpose = purpose
        hello.newToken = purpose == .pair || purpose == .adopt ? Samples.token(1) : nil
        _ = try laptop.receive(vm.greeting, now: 0)
        try say(.hello(hello))
        var welcome = Samples.welcome
        welcome.credit = credit
        try answer(.welcome(welcome))
    }

    /// The laptop says something and the vm hears it.
    @discardableResult
    mutating func say(_ message: LaptopMessage) throws -> [VMEvent] {
        try vm.receive(try laptop.encode(message, now: 0), now: 0)
    }

    /// The vm says something and the laptop hears it.
    @discardableResult
    mutating func answer(_ message: VMMessage) throws -> [LaptopEvent] {
        try laptop.receive(try vm.encode(message, now: 0), now: 0)
    }

    /// Opens a batch of these changes and sends them.
    mutating func begin(_ changes: [Change], askFirst: Bool = false) throws {
        let begin = Begin(
            point: Samples.next,
            changes: UInt32(changes.count),
            contentBytes: 0,
            askFirst: askFirst
        )
        try say(.begin(begin))
        try say(.changes(ChangeRun(firstID: 0, changes: changes)))
    }
}

/// The error's code that `body` throws; nil if it throws none or another.
func code(_ body: () throws -> Void) -> ProtocolError.Code? {
    do { try body() } catch { return (error as? ProtocolError)?.code }
    return nil
}

/// A frame with any payload.
func frame(_ type: FrameType, _ payload: [UInt8]) throws -> [UInt8] {
    var bytes = [UInt8].frame(type)
    bytes += payload
    try bytes.finishFrame()
    return bytes
}

/// What a message of the laptop's with this payload gives, outside any order.
func laptopCode(_ type: FrameType, _ payload: [UInt8]) -> ProtocolError.Code? {
    code { _ = try LaptopMessage(Frame(type: type, payload: payload)) }
}

/// What a message of the vm's with this payload gives, outside any order.
func vmCode(_ type: FrameType, _ payload: [UInt8]) -> ProtocolError.Code? {
    code { _ = try VMMessage(Frame(type: type, payload: payload)) }
}
