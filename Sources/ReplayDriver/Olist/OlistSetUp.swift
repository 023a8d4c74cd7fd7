import GRPCCore
import HoldfastAPI
import Replay
import SwiftProtobuf

/// Prepares the service for a replay of the Olist layout: channel, sellers, articles, what sourcing knows, stock.
///
/// Request ids are made of what is sent, so the same set-up by a later run changes nothing.
struct OlistSetUp<Transport: ClientTransport>: Sendable {
    let terminal: ReplayTerminal<Transport>
    let plan: OlistPlan

    private static var thingsPerCall: Int { 1_000 }

    /// Sends everything; throws as `ServiceCaller.call` does.
    func open() async throws {
        let channels = Holdfast_V1_UpsertChannelsRequest.with {
            $0.requestID = ReplayID.catalogue("channel/\(OlistRequests.channel)").description
            $0.channels = [
                .with {
                    $0.code = OlistRequests.channel
                    $0.name = "Olist"
                    $0.currencyCode = OlistRequests.currency
                }
            ]
        }
        _ = try await terminal.caller.call(.upsertCatalogue) {
            try await terminal.catalogue.upsertChannels(channels, options: $0)
        }
        try await parts(plan.sellers, "sellers", named: \.id) { id, sellers in
            let request = Holdfast_V1_UpsertLocationsRequest.with {
                $0.requestID = id
                $0.locations = sellers.map(OlistRequests.location)
            }
            _ = try await terminal.caller.call(.upsertCatalogue) {
                try await terminal.catalogue.upsertLocations(request, options: $0)
            }
        }
        try await parts(products, "products", named: \.sku) { id, products in
            let request = Holdfast_V1_UpsertProductsRequest.with {
                $0.requestID = id
                $0.products = products
            }
            _ = try await terminal.caller.call(.upsertCatalogue) {
                try await terminal.catalogue.upsertProducts(request, options: $0)
            }
        }
        _ = try await terminal.caller.call(.upsertReturnRules) {
            try await terminal.returns.upsertReturnRules(LifeRequests.returnRules, options: $0)
        }
        if !plan.sourced.isEmpty { try await openSourcing() }
        for receipt in plan.receipts {
            let request = OlistRequests.receipt(receipt)
            _ = try await terminal.caller.call(.receiveStock) {
                try await terminal.inventory.receiveStock(request, options: $0)
            }
        }
    }

    private func openSourcing() async throws {
        let config = Holdfast_V1_UpsertSourcingConfigRequest.with {
            $0.requestID = ReplayID.catalogue("sourcing/\(OlistRequests.sourcingConfig)").description
            $0.name = OlistRequests.sourcing
            $0.document = OlistRequests.sourcingConfig
        }
        _ = try await terminal.caller.call(.upsertSourcing) {
            try await terminal.sourcing.upsertSourcingConfig(config, options: $0)
        }
        try await parts(plan.sourced, "sourcing-sellers", named: \.id) { id, sellers in
            let request = Holdfast_V1_UpsertSourcingLocationsRequest.with {
                $0.requestID = id
                $0.locations = sellers.map { OlistRequests.sourcingLocation($0, at: plan.points[$0.postcode]) }
            }
            _ = try await terminal.caller.call(.upsertSourcing) {
                try await terminal.sourcing.upsertSourcingLocations(request, options: $0)
            }
        }
        try await parts(plan.products, "sourcing-products", named: \.id) { id, products in
            let request = Holdfast_V1_UpsertSourcingProductsRequest.with {
                $0.requestID = id
                $0.products = products.map(OlistRequests.sourcingProduct)
            }
            _ = try await terminal.caller.call(.upsertSourcing) {
                try await terminal.sourcing.upsertSourcingProducts(request, options: $0)
            }
        }
    }

    private var products: [Holdfast_V1_Product] {
        let goods = plan.products.map { product in
            Holdfast_V1_Product.with {
                $0.sku = product.id
                $0.name = product.category.isEmpty ? "article" : PlainText.of(product.category)
                $0.tracked = true
            }
        }
        let services = [(OlistPlan.freight, "Freight"), (OlistPlan.surcharge, "Paid beyond price and freight")]
        return goods
            + services.map { sku, name in
                .with {
                    $0.sku = sku
                    $0.name = name
                    $0.tracked = false
                }
            }
    }

    /// Sends things in parts of a thousand, each under an id made of their names.
    private func parts<Thing>(
        _ things: [Thing], _ kind: String, named name: (Thing) -> String,
        send: (_ id: String, [Thing]) async throws -> Void
    ) async throws {
        for start in stride(from: 0, to: things.count, by: Self.thingsPerCall) {
            let part = Array(things[start..<min(things.count, start + Self.thingsPerCall)])
            let content = part.map(name).joined(separator: "\u{0}")
            try await send(ReplayID.catalogue("olist/\(kind)/\(content)").description, part)
        }
    }
}
