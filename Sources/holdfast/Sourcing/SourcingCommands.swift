import ArgumentParser
import Domain
import Sourcing

/// `holdfast sourcing`: from which locations orders are served.
struct SourcingCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sourcing",
        abstract: "Plan from which locations orders are served, and try other rules on past orders.",
        discussion: """
            plan of a file, compare and bench read files and need no server. The others talk to one, which plans on its \
            own stock. docs/sourcing.md explains the files, the costs, the constraints and the reason codes.
            """,
        subcommands: [
            SourcingPlanCommand.self, SourcingShow.self, SourcingCommit.self, SourcingConfigCommand.self,
            SourcingLocationsCommand.self, SourcingProductsCommand.self, SourcingCompareCommand.self,
            SourcingBenchCommand.self,
        ])
}

/// Reads the files of sourcing.
enum SourcingFile {
    /// Longest file in bytes.
    static let limit = 256 << 20

    /// The JSON of a file.
    static func read(_ path: String) throws -> FileValue {
        let text = try WholeFile.text(path: path, limit: limit)
        do {
            return try FileText.read(text)
        } catch {
            throw CommandFailure(.invalid, "\(path): \(error)")
        }
    }

    /// Runs something that refuses fields of a file, and says of which.
    static func naming<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch Refusal.invalid(let violations) {
            var failure = CommandFailure(.invalid, "\(path): wrong fields")
            failure.lines += violations.map { "  \($0.field): \($0.description)" }
            throw failure
        }
    }

    /// The configuration of a file: one by itself, or the `config` of a problem.
    static func config(_ path: String) throws -> SourcingConfig {
        var value = try read(path)
        if case .object(let fields) = value, let config = fields["config"] { value = config }
        return try naming(path) { try SourcingConfig(value) }
    }

    /// An amount for people, with the currency's decimals.
    static func shown(_ minorUnits: Int64, _ currency: Currency) -> String {
        let digits = "\(minorUnits)"
        guard currency.decimals > 0 else { return "\(digits) \(currency.code)" }
        let padded = String(repeating: "0", count: max(0, currency.decimals + 1 - digits.count)) + digits
        return "\(padded.dropLast(currency.decimals)).\(padded.suffix(currency.decimals)) \(currency.code)"
    }
}
