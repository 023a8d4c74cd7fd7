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
            again. It uses the CPU and the memory of this machine, and nothing else of it.

            With --attach it trades on a deployment that runs already, with articles, locations and channels of its own             that stay there, and checks what can be seen through the service itself. It does no harm to it: the only             faults that can be named then are those of the clients' own connections, and none is the default.

            The exit status is 0 where every promise was kept, and 1 where one was broken; then the report names the \
            seed, the faults around it and the calls that show it.
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

    @Flag(help: "Keep the folder with all logs where a promise was broken.")
    var keep = false

    @Option(
        help: ArgumentHelp(
            "Give the servers a weakness of this name; only builds for tests know any.", visibility: .hidden))
    var sabotage: String?

    mutating func validate() throws {
        guard (1...86_400).contains(seconds), (1...1_000).contains(clients) else {
            throw ValidationError("a value is out of bounds; see --help")
        }
        if let sabotage, !Sabotage.known.contains(where: { $0.rawValue == sabotage }) {
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
        if let attach {
            made = try await run(options, on: attach)
        } else {
            try OwnMounts.take()
            made = try await makeRun(options)
        }
        switch report {
        case .text: Terminal.line(made.text)
        case .json: Terminal.line(made.json.pretty())
        }
        guard made.isSound else { throw CommandFailure(.unexpected, "\(made.violations.count) promises were broken") }
    }

    private func options() throws -> TortureOptions {
        var options = TortureOptions(seed: seed ?? UInt64.random(in: 1...999_999_999))
        options.seconds = seconds
        options.clients = clients
        options.sabotage = sabotage
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
        if keep, case .success(let report) = result, !report.isSound {
            Terminal.error("everything is kept in \(folder.path)")
        } else {
            folder.discard()
        }
        return try result.get()
    }
}
