import ArgumentParser
import HoldfastServer
import Logging
import Replay

/// `holdfast doctor`: looks at a deployment and says what is wrong and what to do.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at both stores, their settings and the books, and say what to do.",
        discussion: """
            Examples:

              holdfast doctor
              holdfast doctor --postgres-url postgres://oms@db.example/holdfast

            It asks whether both stores answer, their versions, the settings that the promises rest on, the schema, \
            whether Redis is open for promises, and whether the books add up: every level is the sum of its \
            movements, what is allocated is what open orders say, nothing is oversold, and what Redis would admit is \
            what PostgreSQL has. It changes nothing and may be run beside servers. The exit status is 4 where \
            something is wrong. Without URLs it looks at the 'holdfast dev' that runs in this folder.
            """)

    @OptionGroup var deployment: DeploymentOptions

    @Option(help: "How to print the findings: a table or JSON.")
    var format = OutputFormat.table

    @OptionGroup var log: LogOptions

    func run() async throws {
        let logger = try log.logger("holdfast.doctor", otherwise: .critical)
        let findings = try await Doctor(configuration: deployment.configuration(), logger: logger).examine()
        switch format {
        case .table: for line in Self.table(findings).lines { Terminal.line(line) }
        case .json: Terminal.line(Self.json(findings).pretty())
        }
        let wrong = findings.filter { $0.verdict == .wrong }
        guard wrong.isEmpty else {
            throw CommandFailure(.refused, "\(wrong.count) of \(findings.count) findings are wrong")
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

    private static func json(_ findings: [Finding]) -> JSONValue {
        .array(
            findings.map { finding in
                .object([
                    .init("verdict", .string(finding.verdict.rawValue)), .init("subject", .string(finding.subject)),
                    .init("found", .string(finding.found)), .init("advice", .string(finding.advice)),
                ])
            })
    }
}
