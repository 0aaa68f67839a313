package import TandemDaemon
package import TandemSync
package import TandemSystem

/// What a command works with: nothing in it is global, so that a test can give its own.
package struct CommandContext: Sendable {
    package var console: Console
    package var environment: [String: String]
    package var currentDirectory: String
    /// This program's own file, links followed.
    package var program: String
    package var directories: StateDirectories
    package var time: any TimeSource
    package var engine: any SyncEngine
    package var dialer: any Dialer
    package var agent: any AgentReach
    package var stop: StopSwitch
    package var openCatalogue: @Sendable () throws -> any PairCatalogue
    /// This process's streams as bytes, for what a command of the user's reads and writes.
    package var streams: ByteStreams

    package init(
        console: Console,
        environment: [String: String],
        currentDirectory: String,
        program: String = "/usr/bin/tandem",
        directories: StateDirectories,
        time: any TimeSource,
        engine: any SyncEngine,
        dialer: any Dialer,
        agent: any AgentReach = NoAgent(),
        stop: StopSwitch,
        openCatalogue: @escaping @Sendable () throws -> any PairCatalogue,
        streams: ByteStreams = .none
    ) {
        self.console = console
        self.environment = environment
        self.currentDirectory = currentDirectory
        self.program = program
        self.directories = directories
        self.time = time
        self.engine = engine
        self.dialer = dialer
        self.agent = agent
        self.stop = stop
        self.openCatalogue = openCatalogue
        self.streams = streams
    }

    /// The user's home directory, where the environment names one.
    package var home: String? {
        environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// Makes a path that the user typed absolute.
    package func absolute(_ path: String) -> String {
        LocalPath.absolute(path, from: currentDirectory, home: home)
    }

    /// Finds the pair that a command is about, and where it is remembered.
    package func find(_ choice: PairChoice) throws -> (PairEntry, any PairCatalogue) {
        let catalogue = try openCatalogue()
        let lookup = PairLookup(
            pairs: try catalogue.pairs(),
            currentDirectory: try directory(choice.directory, forPair: choice.pair),
            home: home
        )
        return (try lookup.choose(choice.pair), catalogue)
    }

    /// What the engine is given about a pair.
    package func laptopPair(_ entry: PairEntry) -> LaptopPair {
        LaptopPair(
            id: entry.id,
            root: entry.root,
            stateDirectory: "\(directories.state)/pairs/\(entry.hexID)"
        )
    }

    /// A pair with the way to its receiver; only hosts that are known are connected to.
    package func target(_ entry: PairEntry) throws -> SyncTarget {
        let connect = try dialer.connector(
            to: entry.destination,
            entry.connection,
            trust: .knownHosts
        )
        return SyncTarget(pair: laptopPair(entry), connect: connect)
    }

    /// Runs `body` as the only process that works on a pair.
    package func locked<Result>(
        _ entry: PairEntry,
        _ body: () throws -> Result
    ) throws -> Result {
        let directory = laptopPair(entry).stateDirectory
        try StateDirectories.prepare(directory, forbidden: 0o077)
        let lock = try Self.lock(directory, of: entry.name)
        defer { extendLifetime(lock) }
        return try body()
    }

    private static func lock(_ directory: String, of name: String) throws -> StateLock {
        do {
            return try StateLock(directory: directory)
        } catch .held(_, let pid) {
            let holder = pid.map { "process \($0)" } ?? "another process"
            throw CommandError(
                .failed,
                "\(holder) works on the pair \(name)",
                next: "wait for it to end"
            )
        } catch .failed(let error) {
            throw error
        }
    }
}
