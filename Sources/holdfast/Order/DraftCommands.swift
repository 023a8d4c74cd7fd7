import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// `holdfast order draft`: orders that are being written, and quotes.
struct DraftCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "draft",
        abstract: "Orders that are being written, and quotes.",
        discussion: """
            A draft holds no stock. It becomes an order once, under its own id, with the lines and prices that it has; one \
            that is valid until a moment is a quote.
            """,
        subcommands: [DraftSave.self, DraftGet.self, DraftList.self, DraftPlace.self, DraftDiscard.self])
}

/// `holdfast order draft save`.
struct DraftSave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Store a draft, or replace what it has.",
        discussion: """
            Examples:

              holdfast order draft save MUG-WHITE=20x4.50 --channel WEB \\
                  --valid-until 2027-01-31T00:00:00Z
              holdfast order draft save MUG-WHITE=25x4.40 --channel WEB \\
                  --draft 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 --revision 1
            """)

    @Argument(help: ArgumentHelp("What is ordered, and the price of one.", valueName: "sku@location=quantityxprice"))
    var lines: [OrderLineArgument]

    @Option(help: "The channel.")
    var channel: String

    @Option(help: "The draft's id, which its order will have (default: a fresh one, printed).")
    var draft: EntityID?

    @Option(help: "The revision that is replaced (default: 0, a new draft).")
    var revision: Int32 = 0

    @Option(help: "The channel's own number of the order; it may be added later.")
    var externalID = ""

    @Option(help: "The caller's id of the customer.")
    var customer = ""

    @Option(help: "A note for people.")
    var note = ""

    @Option(help: ArgumentHelp("Until when it can be placed (default: for ever).", valueName: "rfc3339"))
    var validUntil: Moment?

    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        var generator = SystemRandomNumberGenerator()
        let draftID = (draft ?? EntityID.random(using: &generator)).description
        let reply = try await server.withClient { client, options in
            let currency = try await ChannelCurrency.code(of: channel, client: client, options: options)
            return try await Holdfast_V1_DraftService.Client(wrapping: client).saveDraft(
                .with {
                    $0.saveID = id
                    $0.expectedRevision = revision
                    $0.draft = .with {
                        $0.draftID = draftID
                        $0.note = note
                        if let validUntil { $0.validUntil = validUntil.proto }
                        $0.content = .with {
                            $0.channel = channel
                            $0.externalID = externalID
                            $0.customer.customerID = customer
                            if let delivery = delivery.proto { $0.delivery = delivery }
                            $0.lines = lines.map { line in
                                .with {
                                    $0.sku = line.sku
                                    $0.location = line.location
                                    $0.quantity = line.quantity
                                    $0.unitPrice = .with {
                                        $0.currencyCode = currency
                                        $0.units = line.priceUnits
                                        $0.nanos = line.priceNanos
                                    }
                                }
                            }
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(draft: reply.draft) }
    }
}

/// `holdfast order draft get`.
struct DraftGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one draft.",
        discussion: "Example:\n\n  holdfast order draft get 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11")

    @Argument(help: "The draft's id.")
    var draft: EntityID

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_DraftService.Client(wrapping: client).getDraft(
                .with { $0.draftID = draft.description }, options: options)
        }
        try server.format.show(reply) { reply in Table(draft: reply.draft) }
    }
}

/// `holdfast order draft list`.
struct DraftList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List drafts, those changed last first.",
        discussion: "Example:\n\n  holdfast order draft list --channel WEB --state open")

    @Option(help: "Only of this channel.")
    var channel = ""

    @Option(help: "Only in this state.")
    var state: DraftStateWord?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (drafts, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_DraftService.Client(wrapping: client).listDrafts(
                    .with {
                        $0.channel = channel
                        if let state { $0.state = state.proto }
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.drafts, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListDraftsResponse.with {
            $0.drafts = drafts
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("DRAFT"), .text("CHANNEL"), .text("STATE"), .number("REVISION"), .number("LINES"), .text("SAVED"),
                .text("VALID UNTIL"), .text("NOTE"),
            ])
            for draft in reply.drafts {
                table.add(
                    draft.draftID, draft.content.channel, draft.state.word, "\(draft.revision)",
                    "\(draft.content.lines.count)", draft.savedAt.shown,
                    draft.hasValidUntil ? draft.validUntil.shown : "", draft.note)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

/// `holdfast order draft place`.
struct DraftPlace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "place",
        abstract: "Make an order of a draft; again, it shows the same order.",
        discussion: "Example:\n\n  holdfast order draft place 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11")

    @Argument(help: "The draft's id.")
    var draft: EntityID

    @Option(help: "The revision that is meant (default: the present one).")
    var revision: Int32 = 0

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_DraftService.Client(wrapping: client).placeDraft(
                .with {
                    $0.draftID = draft.description
                    $0.revision = revision
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table([.number("LINE"), .number("AMOUNT"), .text("FROM")])
            for (index, line) in reply.order.lines.enumerated() {
                table.add("\(index + 1)", line.amount.shown, line.allocations.shown)
            }
            table.note("order \(reply.order.orderID) placed at \(reply.order.placedAt.shown)")
            table.note("total \(reply.order.total.shown)")
            return table
        }
    }
}

/// `holdfast order draft discard`.
struct DraftDiscard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Give a draft up.",
        discussion: "Example:\n\n  holdfast order draft discard 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11")

    @Argument(help: "The draft's id.")
    var draft: EntityID

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_DraftService.Client(wrapping: client).discardDraft(
                .with {
                    $0.discardID = id
                    $0.draftID = draft.description
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(draft: reply.draft) }
    }
}

/// Where a draft stands as written on the command line.
enum DraftStateWord: String, CaseIterable, ExpressibleByArgument {
    case open
    case placing
    case placed
    case discarded

    /// The same as the contract writes it.
    var proto: Holdfast_V1_DraftState {
        switch self {
        case .open: .open
        case .placing: .placing
        case .placed: .placed
        case .discarded: .discarded
        }
    }
}

extension Holdfast_V1_DraftState {
    /// The state in words.
    var word: String { DraftStateWord.allCases.first { $0.proto == self }?.rawValue ?? "\(rawValue)" }
}

extension Table {
    /// A draft with its lines.
    init(draft: Holdfast_V1_Draft) {
        self.init([.number("LINE"), .text("SKU"), .number("QUANTITY"), .number("PRICE")])
        for (index, line) in draft.content.lines.enumerated() {
            add("\(index + 1)", line.sku, "\(line.quantity)", line.unitPrice.shown)
        }
        note("draft \(draft.draftID) of \(draft.content.channel) is \(draft.state.word), revision \(draft.revision)")
        if draft.hasValidUntil { note("valid until \(draft.validUntil.shown)") }
        if draft.content.hasDelivery { note(draft.content.delivery.shown) }
        if !draft.note.isEmpty { note(draft.note) }
    }
}
