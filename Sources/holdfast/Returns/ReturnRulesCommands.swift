import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast return set-rules`.
struct ReturnSetRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-rules",
        abstract: "Make a new version of the rules about returns.",
        discussion: """
            Example:

              holdfast return set-rules rules.json

            The file holds the message UpsertReturnRulesRequest as protobuf JSON. The first rule that is for the goods \
            decides. Returns keep the version that they were granted under.
            """)

    @Argument(help: ArgumentHelp("The rules.", valueName: "path"))
    var file: String

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let text = try WholeFile.text(path: file, limit: 4 << 20)
        var read: Holdfast_V1_UpsertReturnRulesRequest
        do {
            read = try Holdfast_V1_UpsertReturnRulesRequest(jsonString: text)
        } catch {
            throw CommandFailure(.invalid, "\(file) is not an UpsertReturnRulesRequest in protobuf JSON: \(error)")
        }
        if change.id != nil || read.requestID.isEmpty { read.requestID = change.chosen() }
        let request = read
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReturnService.Client(wrapping: client).upsertReturnRules(request, options: options)
        }
        try server.format.show(reply) { reply in Table(facts: [("version", "\(reply.version)")]) }
    }
}

/// `holdfast return rules`.
struct ReturnRulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Show a version of the rules about returns.",
        discussion: """
            Examples:

              holdfast return rules
              holdfast return rules 3 --format json
            """)

    @Argument(help: "The version (default: the one in force).")
    var version: Int32?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReturnService.Client(wrapping: client).getReturnRules(
                .with { $0.version = version ?? 0 }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("RULE"), .text("FOR"), .number("DAYS"), .number("FEE"), .number("FEE %"), .text("LABEL"),
                .text("REFUND"),
            ])
            for rule in reply.rules {
                let reasons = rule.reasons.map { ReturnTables.word(ReturnReason.self, $0.rawValue) }
                let scope =
                    rule.channels + rule.articles + reasons + (rule.withoutOrder ? ["without an order"] : [])
                let terms = rule.terms
                table.add(
                    rule.name, scope.joined(separator: ", "), rule.hasTerms ? "\(terms.windowDays)" : "never",
                    terms.hasFee ? terms.fee.shown : "", terms.feeBasisPoints == 0 ? "" : percent(terms.feeBasisPoints),
                    rule.hasTerms ? ReturnTables.word(LabelPayer.self, terms.labelPayer.rawValue) : "",
                    rule.hasTerms ? ReturnTables.word(RefundWay.self, terms.refundWay.rawValue) : "")
            }
            table.note("version \(reply.version), days begin in \(reply.timeZone.isEmpty ? "UTC" : reply.timeZone)")
            return table
        }
    }

    private func percent(_ basisPoints: Int32) -> String {
        let rest = basisPoints % 100
        return rest == 0 ? "\(basisPoints / 100)" : "\(basisPoints / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
