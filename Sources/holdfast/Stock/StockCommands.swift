import ArgumentParser
import HoldfastAPI

/// `holdfast stock`: what is there, what is promised, and every change of it.
struct StockCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stock",
        abstract: "Stock on hand, its movements, and what could be promised.",
        discussion: """
            Lines are written SKU@LOCATION=NUMBER; --location names the location of lines that have none:

              holdfast stock receive MUG-WHITE@HIGH-STREET=24 TEA-TOWEL@HIGH-STREET=12
              holdfast stock receive --location HIGH-STREET MUG-WHITE=24 TEA-TOWEL=12
              holdfast stock check MUG-WHITE
              holdfast stock explain MUG-WHITE

            A call applies all of its lines or none.
            """,
        subcommands: [
            StockReceive.self, StockAdjust.self, StockCount.self, StockTransfer.self, StockPolicy.self,
            StockList.self, StockMovements.self, StockCheck.self, StockExplain.self,
        ])
}

/// The lines of a change of stock and the location of those that name none.
struct StockLines: ParsableArguments {
    @Argument(help: ArgumentHelp("What to change.", valueName: "sku@location=number"))
    var lines: [StockLine]

    @Option(help: "Location of the lines that name none.")
    var location = ""

    /// The lines with their locations.
    func located() throws -> [StockLine] {
        try lines.map { line in
            var line = line
            if line.location.isEmpty { line.location = location }
            guard !line.location.isEmpty else {
                throw ValidationError("\(line.sku) names no location: write \(line.sku)@LOCATION, or use --location")
            }
            return line
        }
    }

    mutating func validate() throws {
        _ = try located()
    }
}

extension Table {
    /// The levels that a change left.
    init(levels: [Holdfast_V1_StockLevel]) {
        self.init([
            .text("SKU"), .text("LOCATION"), .number("ON HAND"), .number("SAFETY"), .number("ALLOCATED"),
            .number("SHORTAGE"),
        ])
        for level in levels {
            add(
                level.sku, level.location, "\(level.onHand)", "\(level.safetyStock)", "\(level.allocated)",
                "\(level.shortage)")
        }
    }
}
