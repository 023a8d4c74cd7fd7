import ArgumentParser
import Domain
import HoldfastServer
import Logging
import Replay

/// `holdfast doctor`: looks at a deployment, says what is wrong and what to do, and repairs where told to.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at both stores, their settings and the books, and say what to do.",
        discussion: """
            Examples:

              holdfast doctor
              holdfast doctor --postgres-url postgres://oms@db.example/holdfast
              holdfast doctor --repair
              holdfast doctor --vshards --format json

            It asks whether both stores answer, their versions, roles and clocks, the settings that the promises rest \
            on, the schema, whose Redis it is, which servers run, whether every part of the stock is open for promises, \
            whether Redis keeps takes that PostgreSQL does not know, and whether the books add up: every level is the \
            sum of its movements, what is allocated is what open orders say, nothing is oversold, and what Redis would \
            admit is what PostgreSQL has. Beside each finding stands what to do. It may be run beside servers, and \
            without --repair it changes nothing.

            --repair makes the ordinary repairs first, the ones that servers make too: it ends reservations that are \
            over, frees takes that never became true, tells Redis of holds that have ended, and lets servers load anew \
            what is not open or differs. Without servers it does the same, and the next one that starts loads Redis. A \
            Redis that is another deployment's, or not the one that running servers use, is left alone.

            --take-redis makes this Redis under this key prefix the deployment's own, whoever had it before: after a \
            deployment is gone for good, or to move a deployment to another Redis. Stop the former owner's servers first.

            The exit status is 4 where something is wrong. Without URLs it looks at the 'holdfast dev' that runs in \
            this folder.
            """)

    @OptionGroup var deployment: DeploymentOptions

    @Option(help: "How to print the findings: a table or JSON.")
    var format = OutputFormat.table

    @Flag(help: "Make the ordinary repairs first, and say which.")
    var repair = false

    @Flag(help: "With --repair: make this Redis the deployment's own, whoever had it before.")
    var takeRedis = false

    @Flag(help: "Show every part of the stock, also where all are open.")
    var vshards = false

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard !takeRedis || repair else { throw ValidationError("--take-redis changes something: it needs --repair") }
    }

    func run() async throws {
        let logger = try log.logger("holdfast.doctor", otherwise: .critical)
        let report = try await Doctor(configuration: deployment.configuration(), logger: logger)
            .examine(repairing: DoctorRepairs(ordinary: repair, takesRedis: takeRedis))
        switch format {
        case .table:
            for line in report.repairs.map({ "did  \($0.subject): \($0.done)" }) { Terminal.line(line) }
            for line in Self.table(report.findings).lines { Terminal.line(line) }
            if vshards || report.vshards.contains(where: { !$0.isOpen }) {
                for line in Self.table(report.vshards).lines { Terminal.line(line) }
            }
        case .json: Terminal.line(Self.json(report).pretty())
        }
        let wrong = report.findings.filter { $0.verdict == .wrong }
        guard wrong.isEmpty else {
            throw CommandFailure(.refused, "\(wrong.count) of \(report.findings.count) findings are wrong")
        }
    }

    static func table(_ findings: [Finding]) -> Table {
        var table = Table([.text(""), .text("SUBJECT"), .text("FOUND")])
        for finding in findings {
            let mark =
                switch finding.verdict {
                case .ok: "ok"
                case .warning: "warn"
                case .wrong: "WRONG"
                }
            table.add(mark, finding.subject, finding.found)
        }
        for finding in findings where !finding.advice.isEmpty { table.note("\(finding.subject): \(finding.advice)") }
        return table
    }

    private static func table(_ vshards: [DoctorReport.VShardState]) -> Table {
        var table = Table([
            .number("VSHARD"), .text("DECIDES"), .number("EPOCH"), .number("ARMED"), .number("LOADED"),
            .number("CALLS"),
            .text("STATE"),
        ])
        func shown(_ value: Int64?) -> String { value.map { "\($0)" } ?? "?" }
        for vshard in vshards {
            table.add(
                "\(vshard.vshard.rawValue)", Self.decider(vshard), "\(vshard.epoch)", shown(vshard.armedEpoch),
                shown(vshard.loadedEpoch), shown(vshard.calls), vshard.isOpen ? "open" : "closed")
        }
        return table
    }

    private static func decider(_ vshard: DoctorReport.VShardState) -> String {
        vshard.isDecidedByLedger ? "postgresql" : "redis"
    }

    private static func json(_ report: DoctorReport) -> JSONValue {
        func number(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return .object([
            .init(
                "repairs",
                .array(
                    report.repairs.map {
                        .object([.init("subject", .string($0.subject)), .init("done", .string($0.done))])
                    })),
            .init(
                "findings",
                .array(
                    report.findings.map { finding in
                        .object([
                            .init("verdict", .string(finding.verdict.rawValue)),
                            .init("subject", .string(finding.subject)), .init("found", .string(finding.found)),
                            .init("advice", .string(finding.advice)),
                        ])
                    })),
            .init(
                "vshards",
                .array(
                    report.vshards.map { vshard in
                        .object([
                            .init("vshard", .integer(Int64(vshard.vshard.rawValue))),
                            .init("decides", .string(decider(vshard))), .init("epoch", .integer(vshard.epoch)),
                            .init("armed_epoch", number(vshard.armedEpoch)),
                            .init("loaded_epoch", number(vshard.loadedEpoch)), .init("calls", number(vshard.calls)),
                            .init("open", .boolean(vshard.isOpen)),
                        ])
                    })),
        ])
    }
}
