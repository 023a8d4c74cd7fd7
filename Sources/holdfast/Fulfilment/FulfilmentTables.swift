import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// An answer that has a step of a fulfilment.
protocol SteppedReply: Message {
    var step: Holdfast_V1_FulfilmentStep { get }
}

extension Holdfast_V1_StartPickingResponse: SteppedReply {}
extension Holdfast_V1_ConfirmPickResponse: SteppedReply {}
extension Holdfast_V1_PackFulfilmentResponse: SteppedReply {}
extension Holdfast_V1_ShipFulfilmentResponse: SteppedReply {}
extension Holdfast_V1_ConfirmDeliveryResponse: SteppedReply {}
extension Holdfast_V1_ReportLostResponse: SteppedReply {}
extension Holdfast_V1_DeclineFulfilmentResponse: SteppedReply {}
extension Holdfast_V1_SendToStoreResponse: SteppedReply {}
extension Holdfast_V1_MakeReadyResponse: SteppedReply {}
extension Holdfast_V1_RemindPickupResponse: SteppedReply {}
extension Holdfast_V1_ExtendPickupResponse: SteppedReply {}
extension Holdfast_V1_CollectPickupResponse: SteppedReply {}
extension Holdfast_V1_RestockPickupResponse: SteppedReply {}
extension Holdfast_V1_AcknowledgeSupplierOrderResponse: SteppedReply {}
extension Holdfast_V1_RejectSupplierOrderResponse: SteppedReply {}
extension Holdfast_V1_NotifyShipmentResponse: SteppedReply {}
extension Holdfast_V1_ReceiveUndeliveredResponse: SteppedReply {}

/// The fulfilment that a command is about, and the id of its change.
struct StepOptions: ParsableArguments {
    @Argument(help: "The fulfilment's id.")
    var fulfilment: EntityID

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    /// Makes the call and shows what it did.
    func run<Reply: SteppedReply>(
        _ call:
            @Sendable (Holdfast_V1_FulfilmentService.Client<HoldfastTransport>, String, String, CallOptions)
            async throws -> Reply,
        notes: (Reply) -> [String] = { _ in [] }
    ) async throws {
        let id = change.chosen()
        let name = fulfilment.description
        let reply = try await server.withClient { client, options in
            try await call(Holdfast_V1_FulfilmentService.Client(wrapping: client), id, name, options)
        }
        try server.format.show(reply) { reply in
            var table = FulfilmentTables.lines(reply.step.fulfilment)
            let fulfilment = reply.step.fulfilment
            for note in notes(reply) { table.note(note) }
            for package in fulfilment.packages where !package.trackingNumber.isEmpty {
                table.note("package \(package.number): \(fulfilment.carrier) \(package.trackingNumber)")
            }
            table.note("fulfilment \(fulfilment.fulfilmentID) is \(fulfilment.state.shownWord)")
            table.note("order \(fulfilment.orderID) is \(reply.step.orderStatus.word)")
            return table
        }
    }
}

/// Tables of fulfilments.
enum FulfilmentTables {
    /// The lines of one.
    static func lines(_ fulfilment: Holdfast_V1_Fulfilment) -> Table {
        var table = Table([
            .number("LINE"), .text("SKU"), .text("BARCODE"), .text("NAME"), .number("RELEASED"), .number("OPEN"),
        ])
        for line in fulfilment.lines {
            table.add("\(line.lineNumber)", line.sku, line.barcode, line.name, "\(line.quantity)", "\(line.open)")
        }
        return table
    }

    /// One row each.
    static func list(_ fulfilments: [Holdfast_V1_Fulfilment]) -> Table {
        var table = Table([
            .text("FULFILMENT"), .text("ORDER"), .number("NUMBER"), .text("KIND"), .text("STATE"), .text("LOCATION"),
            .number("UNITS"), .text("RELEASED"),
        ])
        for one in fulfilments {
            table.add(
                one.fulfilmentID, one.orderID, "\(one.number)", one.kind.word, one.state.shownWord,
                one.collectAt.isEmpty || one.collectAt == one.location
                    ? one.location : "\(one.location) for \(one.collectAt)",
                "\(one.lines.reduce(0) { $0 + $1.open })", one.releasedAt.shown)
        }
        return table
    }

    /// What is known of one beside its lines.
    static func facts(_ reply: Holdfast_V1_GetFulfilmentResponse) -> Table {
        let one = reply.fulfilment
        var facts = [
            ("fulfilment", one.fulfilmentID), ("order", "\(one.orderID) part \(one.number)"),
            ("kind", one.kind.word), ("state", one.state.shownWord), ("location", one.location),
        ]
        func add(_ name: String, _ text: String) { if !text.isEmpty { facts.append((name, text)) } }
        add("collected at", one.collectAt)
        add("wave", one.waveID)
        add("carrier", [one.carrier, one.service].filter { !$0.isEmpty }.joined(separator: " "))
        if one.hasCost { add("cost", one.cost.shown) }
        add("reference", one.reference)
        add("released", one.releasedAt.shown)
        if one.hasShippedAt { add("shipped", one.shippedAt.shown) }
        if one.hasExpectedAt { add("expected", one.expectedAt.shown) }
        if one.hasDeliveredAt { add("delivered", one.deliveredAt.shown) }
        if one.hasExpiresAt { add("kept until", one.expiresAt.shown) }
        if one.hasRemindedAt { add("reminded", one.remindedAt.shown) }
        add("token", reply.trackingToken)
        for package in one.packages {
            let contents = package.contents.map { "line \($0.lineNumber) \($0.quantity)" }.joined(separator: ", ")
            let number = package.trackingNumber.isEmpty ? "" : ", \(package.trackingNumber)"
            add("package \(package.number)", "\(package.weightGrams) g, \(contents)\(number)")
        }
        return Table(facts: facts)
    }
}

extension String {
    /// A state's word as the command line writes it.
    var shownWord: String { replacing("_", with: "-") }
}

/// How a fulfilment reaches the customer, as written on the command line.
enum FulfilmentKindWord: String, CaseIterable, ExpressibleByArgument {
    case ship
    case pickup
    case dropShip = "drop-ship"

    /// The same as the contract writes it.
    var proto: Holdfast_V1_FulfilmentKind {
        switch self {
        case .ship: .ship
        case .pickup: .pickup
        case .dropShip: .dropShip
        }
    }
}

extension Holdfast_V1_FulfilmentKind {
    /// The kind in a word.
    var word: String { FulfilmentKindWord.allCases.first { $0.proto == self }?.rawValue ?? "\(rawValue)" }
}

/// What becomes of units that are not there, as written on the command line.
enum ShortRuleWord: String, CaseIterable, ExpressibleByArgument {
    case reallocate
    case backorder
    case cancel
    case reallocateOrBackorder = "reallocate-or-backorder"
    case reallocateOrCancel = "reallocate-or-cancel"

    /// The same as the contract writes it.
    var proto: Holdfast_V1_ShortRule {
        switch self {
        case .reallocate: .reallocate
        case .backorder: .backorder
        case .cancel: .cancel
        case .reallocateOrBackorder: .reallocateOrBackorder
        case .reallocateOrCancel: .reallocateOrCancel
        }
    }
}

/// What was scanned: `CODE=QUANTITY`, or `CODE` for one.
struct ScannedCode: Hashable, Sendable, ExpressibleByArgument {
    /// Barcode or sku.
    var code: String
    /// Units.
    var quantity: Int64

    /// Reads `CODE` or `CODE=QUANTITY`.
    init?(argument: String) {
        guard let mark = argument.lastIndex(of: "=") else {
            guard !argument.isEmpty else { return nil }
            code = argument
            quantity = 1
            return
        }
        guard let quantity = Int64(argument[argument.index(after: mark)...]), mark > argument.startIndex else {
            return nil
        }
        code = String(argument[..<mark])
        self.quantity = quantity
    }
}

/// A package as written on the command line: `1200g`, `1200g:300x200x100`, with `:1=2+3=1` for what is in it.
struct PackedPackage: Hashable, Sendable, ExpressibleByArgument {
    /// Weight in grams.
    var grams: Int64
    /// Length, width and height in millimetres.
    var sides: [Int64] = [0, 0, 0]
    /// Units by line; empty is everything.
    var contents: [CancelledLine] = []

    /// Reads it.
    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard let weight = parts.first, weight.hasSuffix("g"), let grams = Int64(weight.dropLast()), parts.count <= 3
        else { return nil }
        self.grams = grams
        for part in parts.dropFirst() {
            if part.contains("=") {
                for line in part.split(separator: "+", omittingEmptySubsequences: false) {
                    guard let content = CancelledLine(argument: String(line)) else { return nil }
                    contents.append(content)
                }
            } else {
                let sides = part.split(separator: "x", omittingEmptySubsequences: false).map { Int64($0) }
                guard sides.count == 3, let length = sides[0], let width = sides[1], let height = sides[2] else {
                    return nil
                }
                self.sides = [length, width, height]
            }
        }
    }

    /// The same as the contract writes it.
    var proto: Holdfast_V1_Package {
        .with { package in
            package.weightGrams = grams
            package.lengthMm = sides[0]
            package.widthMm = sides[1]
            package.heightMm = sides[2]
            package.contents = contents.map { line in
                .with {
                    $0.lineNumber = line.number
                    $0.quantity = line.quantity
                }
            }
        }
    }
}
