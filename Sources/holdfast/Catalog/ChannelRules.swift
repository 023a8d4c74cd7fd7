import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// `holdfast catalog channel rules`.
struct ChannelRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Set what a channel's orders are looked at for before they are released.",
        discussion: """
            Examples:

              holdfast catalog channel rules WEB --remorse 30m --address --payment \\
                  --zone GB --zone IE:D01,D02 --max-amount 500.00 --fraud-limit 2s
              holdfast catalog channel rules WEB --off

            The rules replace those that the channel had. Its orders are then held for what the rules find, and \
            released by themselves once nothing holds them and the remorse period is over. --off ends that.
            """)

    @Argument(help: "The channel's code.")
    var channel: String

    @Flag(help: "No rules: nothing is held, and nothing is released by itself.")
    var off = false

    @Option(
        help: ArgumentHelp(
            "How long the customer may still change their mind, up to 30d (default: 0s).", valueName: "time"))
    var remorse: TimeSpan?

    @Flag(help: "Hold where a location has promised more than it has.")
    var stock = false

    @Flag(help: "Hold where units wait for supply.")
    var backordered = false

    @Flag(help: "Hold where a line costs nothing.")
    var zeroPrice = false

    @Option(help: ArgumentHelp("Hold where a price differs more from the channel's own.", valueName: "per cent"))
    var priceTolerance: Int32?

    @Flag(help: "Hold shipments without a complete address.")
    var address = false

    @Option(
        help: ArgumentHelp(
            "Hold shipments elsewhere: a country, or what its postal codes begin with; several times.",
            valueName: "country[:prefix,…]"))
    var zone: [ZoneArgument] = []

    @Flag(help: "Hold where the tenders do not cover what the order costs.")
    var payment = false

    @Option(help: ArgumentHelp("Hold where the order costs more.", valueName: "amount"))
    var maxAmount: String?

    @Option(help: ArgumentHelp("Hold where the order has more units of one article.", valueName: "units"))
    var maxUnits: Int64?

    @Option(help: ArgumentHelp("Ask the fraud check, which may take so long (100ms to 20s).", valueName: "time"))
    var fraudLimit: TimeSpan?

    @Flag(help: "Let orders pass while the fraud check cannot be asked.")
    var passWithoutFraudCheck = false

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        if passWithoutFraudCheck && fraudLimit == nil {
            throw ValidationError("--pass-without-fraud-check needs --fraud-limit")
        }
    }

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            let catalog = Holdfast_V1_CatalogService.Client(wrapping: client)
            var found: Holdfast_V1_Channel?
            var token = ""
            repeat {
                let page = try await catalog.listChannels(
                    .with {
                        $0.pageSize = 1_000
                        $0.pageToken = token
                    }, options: options)
                found = page.channels.first { $0.code == channel }
                token = page.nextPageToken
            } while found == nil && !token.isEmpty
            guard var changed = found else { throw CommandFailure(.invalid, "there is no channel \(channel)") }
            changed.review = try rules(currency: changed.currencyCode)
            let wanted = changed
            return try await catalog.upsertChannels(
                .with {
                    $0.requestID = id
                    $0.channels = [wanted]
                }, options: options)
        }
        try server.format.show(reply) { reply in
            Table(upserted: channel, created: reply.created, updated: reply.updated)
        }
    }

    /// The rules as the contract writes them.
    func rules(currency code: String) throws -> Holdfast_V1_ReviewRules {
        if off { return .with { $0.off = true } }
        var rules = Holdfast_V1_ReviewRules()
        rules.remorseSeconds = Int32(clamping: (remorse?.milliseconds ?? 0) / 1_000)
        rules.stock = stock
        rules.backordered = backordered
        rules.zeroPrice = zeroPrice
        if let priceTolerance { rules.priceTolerancePercent = priceTolerance }
        rules.address = address
        rules.zones = zone.map(\.proto)
        rules.payment = payment
        if let maxAmount {
            guard let price = DecimalPrice(argument: maxAmount), let currency = Currency(code: code),
                let exact = UnitPrice(units: price.units, nanos: price.nanos)?.amount(quantity: 1, currency: currency)
            else { throw CommandFailure(.invalid, "\(maxAmount) is no amount of \(code)") }
            rules.maximumAmount = .with {
                $0.currencyCode = code
                $0.amountMinor = exact.minorUnits
            }
        }
        if let maxUnits { rules.maximumUnits = maxUnits }
        if let fraudLimit {
            rules.fraudCheck = .with {
                $0.timeLimitMs = Int32(clamping: fraudLimit.milliseconds)
                $0.passWhenUnavailable = passWithoutFraudCheck
            }
        }
        return rules
    }
}

/// A part of the world as written on the command line: `GB` or `GB:BT,LS`.
struct ZoneArgument: Hashable, Sendable, ExpressibleByArgument {
    /// The country's code.
    var country: String
    /// What postal codes begin with; empty is all.
    var prefixes: [String]

    /// Reads `COUNTRY[:PREFIX,…]`.
    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty else { return nil }
        country = String(first)
        prefixes = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
        if parts.count == 2 && prefixes.isEmpty { return nil }
    }

    /// The same as the contract writes it.
    var proto: Holdfast_V1_ReviewRules.Zone {
        .with {
            $0.country = country
            $0.postcodePrefixes = prefixes
        }
    }
}

extension Holdfast_V1_ReviewRules {
    /// The rules in a few words.
    var shown: String {
        var words: [String] = []
        if remorseSeconds > 0 { words.append("remorse \(TimeSpan(milliseconds: Int64(remorseSeconds) * 1_000))") }
        if stock { words.append("stock") }
        if backordered { words.append("backordered") }
        if zeroPrice { words.append("zero price") }
        if hasPriceTolerancePercent { words.append("price ±\(priceTolerancePercent) %") }
        if address { words.append("address") }
        if !zones.isEmpty { words.append("\(zones.count) zones") }
        if payment { words.append("payment") }
        if hasMaximumAmount { words.append("up to \(maximumAmount.shown)") }
        if hasMaximumUnits { words.append("up to \(maximumUnits) units") }
        if hasFraudCheck { words.append("fraud check \(fraudCheck.timeLimitMs)ms") }
        return words.isEmpty ? "nothing" : words.joined(separator: ", ")
    }
}
