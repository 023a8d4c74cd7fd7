import ArgumentParser
import Domain
import HoldfastAPI

/// `holdfast return`: goods that come back.
struct ReturnCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "return",
        abstract: "Returns: rules, asked for, received, inspected, settled.",
        discussion: """
            Goods, decision and money are three steps:

              holdfast return set-rules rules.json
              holdfast return create 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1=2 \\
                  --reason defective --condition used --method mail
              holdfast return receive 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 \\
                  MUG-WHITE=2 --location DC-LEEDS
              holdfast return inspect 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 \\
                  1=1:restock:unopened 1=1:scrap:damaged
              holdfast return settle 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 outside
            """,
        subcommands: [
            ReturnSetRules.self, ReturnRulesCommand.self, ReturnCreate.self, ReturnGet.self, ReturnList.self,
            ReturnReceive.self, ReturnInspect.self, ReturnSettle.self, ReturnChangeCommand.self, ReturnBlind.self,
            ReturnClaim.self, ReturnExchangeCommand.self, ReturnLabelCommand.self,
        ])
}

/// A value of an enumeration as written on the command line: its name with `-` between words.
struct WordArgument<Word: LifecycleWord>: Hashable, Sendable, ExpressibleByArgument {
    /// The value.
    var word: Word

    /// Reads the name.
    init?(argument: String) {
        guard let word = Word.allCases.first(where: { WordArgument.name($0) == argument }) else { return nil }
        self.word = word
    }

    /// The number in the contract.
    var number: Int { Int(word.rawValue) }

    static var allValueStrings: [String] { Word.allCases.map { name($0) } }

    private static func name(_ word: Word) -> String { word.word.replacing("_", with: "-") }
}

/// Units of a line with what was found: `LINE=QUANTITY:DISPOSITION:CONDITION`.
struct FindingArgument: Hashable, Sendable, ExpressibleByArgument {
    /// The line of the return.
    var line: CancelledLine
    /// What becomes of the units.
    var disposition: WordArgument<Disposition>
    /// In which condition they are.
    var condition: WordArgument<ReturnCondition>

    /// Reads `LINE=QUANTITY:DISPOSITION:CONDITION`.
    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let line = CancelledLine(argument: String(parts[0])),
            let disposition = WordArgument<Disposition>(argument: String(parts[1])),
            let condition = WordArgument<ReturnCondition>(argument: String(parts[2]))
        else { return nil }
        self.line = line
        self.disposition = disposition
        self.condition = condition
    }
}

/// The facts and the lines of a return.
enum ReturnTables {
    /// Prints a return as facts and lines.
    static func show(_ order: Holdfast_V1_Return) -> Table {
        for line in facts(order).lines { Terminal.line(line) }
        return lines(order)
    }

    private static func facts(_ order: Holdfast_V1_Return) -> Table {
        var facts = [
            ("return", "\(order.number) \(order.returnID)"),
            ("state", word(ReturnState.self, order.state.rawValue)), ("channel", order.channel),
        ]
        if !order.orderID.isEmpty { facts.append(("order", order.orderID)) }
        if order.hasExpiresAt { facts.append(("expected", "until \(order.expiresAt.shown)")) }
        if !order.location.isEmpty { facts.append(("location", order.location)) }
        if order.fee.amountMinor > 0 { facts.append(("fee", order.fee.shown)) }
        facts.append(
            ("refund", "\(order.refund.shown), \(word(RefundWay.self, order.refundWay.rawValue))"))
        if order.settlement != .unspecified {
            let how = word(ReturnSettlement.self, order.settlement.rawValue)
            let parts = [order.settledAmount.shown, how, order.settlementReference]
            facts.append(("settled", parts.filter { !$0.isEmpty }.joined(separator: " ")))
        }
        if order.hasRefundedAhead { facts.append(("ahead", order.refundedAhead.shown)) }
        if order.hasCustomerOwes { facts.append(("customer owes", order.customerOwes.shown)) }
        if order.hasLabel {
            let label = order.label
            facts.append(("label", "\(label.carrier) \(label.service) \(label.trackingNumber) to \(label.location)"))
            facts.append(("", "\(label.cost.shown), paid by the \(word(LabelPayer.self, label.payer.rawValue))"))
        }
        if order.hasExchange {
            let made = order.exchange
            facts.append(("exchange", "order \(made.orderID), \(made.total.shown)"))
            facts.append(
                (
                    "",
                    "credited \(made.credited.shown), to pay \(made.toPay.shown), to refund \(made.toRefund.shown)"
                ))
        }
        for variance in order.variances {
            let place = variance.location.isEmpty ? "" : " at \(variance.location)"
            facts.append(
                (
                    "variance",
                    "\(word(ReturnVariance.self, variance.kind.rawValue)): \(variance.quantity) \(variance.sku)\(place)"
                ))
        }
        for found in order.inspections {
            facts.append(
                (
                    "line \(found.lineNumber)",
                    "\(found.quantity) \(word(ReturnCondition.self, found.condition.rawValue)) → "
                        + "\(word(Disposition.self, found.disposition.rawValue)), \(found.refund.shown)"
                ))
        }
        for event in order.events {
            facts.append(
                ("event \(event.sequence)", "\(event.type) → \(word(ReturnState.self, event.state.rawValue))"))
        }
        return Table(facts: facts)
    }

    private static func lines(_ order: Holdfast_V1_Return) -> Table {
        var table = Table([
            .number("LINE"), .number("ORDER LINE"), .text("SKU"), .number("QUANTITY"), .number("RECEIVED"),
            .text("REASON"), .text("RULE"), .number("VALUE"), .number("REFUND"),
        ])
        for line in order.lines {
            table.add(
                "\(line.lineNumber)", line.orderLineNumber == 0 ? "" : "\(line.orderLineNumber)", line.sku,
                "\(line.quantity)", "\(line.received)", word(ReturnReason.self, line.reason.rawValue), line.rule,
                line.value.shown, line.refund.shown)
        }
        return table
    }

    /// The name of a value of the contract.
    static func word<Word: LifecycleWord>(_ type: Word.Type, _ number: Int) -> String {
        Int16(exactly: number).flatMap { Word(rawValue: $0) }?.word.replacing("_", with: "-") ?? "\(number)"
    }
}
