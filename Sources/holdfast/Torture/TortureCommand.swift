import ArgumentParser
import Failpoints
import FramedTransport
import HoldfastClient
import Replay
import Torture

/// `holdfast torture`: the promises, checked while everything dies.
struct TortureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture",
        abstract: "Trade while stores and servers die, and check that every promise was kept.",
        discussion: """
            Examples:

              holdfast torture
              holdfast torture --seconds 180 --seed 7 --report json
              holdfast torture --faults kill-redis,two-redis
              holdfast torture --list-faults
              holdfast torture --attach oms-1.example:7411,oms-2.example:7411 \\
                  --api-key-file torture.key

            It starts two servers over a Redis and a PostgreSQL of its own, lets many clients trade on both, and kills, \
            halts, wipes, cuts and fills what there is, as a seed decides. Then everything may recover, every open \
            call is repeated, and what the clients were told is held against what is there: nothing acknowledged may \
            be lost, nothing promised twice, no call done twice, every sum must agree, and availability must be exact \
            again. It uses the CPU and the memory of this machine, and a folder in TMPDIR (else /tmp) that it removes again. \
            As root it puts PostgreSQL's data on a file system in memory, of up to 640 MB and 8 MB for each second, at \
            most 4 GB.

            With --attach it trades on a deployment that runs already, with articles, locations and channels of its own \
            that stay there, and checks what can be seen through the service itself. It does no harm to it: the only \
            faults that are done then are those of the clients' own connections, and none is the default. Others that \
            are named are left out, and the report says so.

            The exit status is 0 where every promise was kept, and 1 where one was broken; then the report names the \
            seed, the faults around it and the calls that show it. Any other status is that of a run that could not \
            be made, or was broken off, and says nothing about the promises.
            """)

    @Option(help: "Seconds of trade under faults: 1 to 86400.")
    var seconds = 60

    @Option(help: "Decides calls and faults (default: by chance, and printed).")
    var seed: UInt64?

    @Option(help: "Clients that trade side by side: 1 to 1000.")
    var clients = 24

    @Option(
        help: ArgumentHelp(
            "Faults to do: all, none, or names with commas between (default: all; none with --attach).",
            valueName: "names"))
    var faults: String?

    @Flag(help: "List the faults and end.")
    var listFaults = false

    @Option(help: "How to print the report.")
    var report = ReplayCommand.ReportFormat.text

    @Option(
        help: ArgumentHelp("Trade on these servers of a deployment that runs already.", valueName: "host:port"))
    var attach: ServerList?

    @OptionGroup(title: "With --attach") var connection: ConnectionOptions

    @Flag(help: "Keep the folder with all logs where a promise was broken, or the run failed.")
    var keep = false

    @Option(
        help: ArgumentHelp(
            "Give the servers a weakness of this name; only builds for tests know any.", visibility: .hidden))
    var sabotage: String?

    mutating func validate() throws {
        guard (1...86_400).contains(seconds), (1...1_000).contains(clients) else {
            throw ValidationError("a value is out of bounds; see --help")
        }
        guard sabotage == nil || attach == nil else {
            throw ValidationError("--sabotage is for servers of torture's own: leave out --attach")
        }
        if let sabotage, !(sabotage == TortureOptions.noWeakness && !Sabotage.known.isEmpty),
            !Sabotage.known.contains(where: { $0.rawValue == sabotage })
        {
            throw ValidationError(
                Sabotage.known.isEmpty
                    ? "this build has no weaknesses to choose from"
                    : "there is no weakness \"\(sabotage)\"; there are "
                        + Sabotage.known.map(\.rawValue).joined(separator: ", "))
        }
    }

    func run() async throws {
        if listFaults {
            for kind in FaultKind.allCases {
                Terminal.line(kind.rawValue + String(repeating: " ", count: 18 - kind.rawValue.count) + kind.summary)
            }
            return
        }
        let options = try options()
        let made: TortureReport
        do {
            // Before anything is trapped: it becomes another process.
            if attach == nil { try OwnMounts.take() }
            made = try await Interruption.cancels { [self] in
                if let attach { return try await run(options, on: attach) }
                return try await makeRun(options)
            }
        } catch {
            throw Self.failure(error)
        }
        switch report {
        case .text: Terminal.line(made.text)
        case .json: Terminal.line(made.json.pretty())
        }
        guard made.isSound else {
            let count = made.violations.count
            throw CommandFailure(.unexpected, count == 1 ? "1 promise was broken" : "\(count) promises were broken")
        }
    }

    /// Why there is no report: never with the status that says that a promise was broken.
    private static func failure(_ error: any Error) -> CommandFailure {
        if error is CancellationError {
            return CommandFailure(.unavailable, "broken off before the checks: nothing is said about the promises")
        }
        var failure = CommandFailure(error)
        if failure.status == .unexpected { failure.status = .unavailable }
        return failure
    }

    private func options() throws -> TortureOptions {
        var options = TortureOptions(seed: seed ?? UInt64.random(in: 1...999_999_999))
        options.seconds = seconds
        options.clients = clients
        options.sabotage = sabotage
        options.version = Holdfast.configuration.version
        do {
            options.faults = try FaultKind.chosen(by: faults ?? (attach == nil ? "all" : "none"))
        } catch let error as TortureError {
            throw CommandFailure(.invalid, "\(error)")
        }
        return options
    }

    private func run(_ options: TortureOptions, on servers: ServerList) async throws -> TortureReport {
        var configuration = HoldfastClientConfiguration(endpoints: servers.endpoints)
        try connection.apply(to: &configuration)
        let credential = try configuration.credential.connectionCredential()
        let places = try servers.endpoints.map { endpoint in
            var framed = FramedClientConfiguration()
            framed.authenticationData = credential
            if var tls = configuration.tls {
                // Through a proxy on the way the server still has to be who it says it is.
                tls.serverName = tls.serverName ?? endpoint.host
                framed.tls = try tls.framed()
            }
            return ServerPlace(host: endpoint.host, port: endpoint.port, configuration: framed)
        }
        let tag = "TORTURE-\(UInt32.random(in: 0...UInt32.max))"
        Terminal.error("holdfast torture: seed \(options.seed), \(options.seconds) s, on \(servers) as \(tag)")
        return try await TortureRun.attached(options, to: places, tag: tag) { Terminal.error($0) }
    }

    private func makeRun(_ options: TortureOptions) async throws -> TortureReport {
        let folder = try DevFolder.temporary()
        Terminal.error("holdfast torture: seed \(options.seed), \(options.seconds) s, in \(folder.path)")
        let result: Result<TortureReport, any Error>
        do {
            result = .success(
                try await TortureRun.alone(options, program: OwnProgram.path(), directory: folder.path) {
                    Terminal.error($0)
                })
        } catch {
            result = .failure(error)
        }
        let isOfUse =
            switch result {
            case .success(let report): !report.isSound
            case .failure: !Task.isCancelled
            }
        if keep && isOfUse {
            Terminal.error("the logs are kept in \(folder.path)")
        } else {
            folder.discard()
        }
        return try result.get()
    }
}
