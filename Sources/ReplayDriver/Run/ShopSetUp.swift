import GRPCCore
import HoldfastAPI
import Replay
import SwiftProtobuf

/// Prepares the service for a replay: channel, warehouse and products; and reads and writes how far runs have come.
///
/// Request ids are made of what is sent, so the same set-up by a later run changes nothing.
struct ShopSetUp<Transport: ClientTransport>: Sendable {
    let terminal: ReplayTerminal<Transport>
    let marker: ReplayMarker

    private static var productsPerCall: Int { 1_000 }

    /// The last stage that earlier runs of this plan have completed; nil where there is none.
    func completedStage() async throws -> Int? {
        let request = Holdfast_V1_GetProductRequest.with { $0.sku = marker.sku }
        do {
            let answer = try await terminal.caller.call(.getProduct) {
                try await terminal.catalogue.getProduct(request, options: $0)
            }
            return marker.stage(of: answer.product)
        } catch let refused as ServiceCaller.Refused {
            if refused.error.code == .notFound { return nil }
            throw refused.failure
        }
    }

    /// True where the channel has orders already.
    func hasOrders() async throws -> Bool {
        let request = Holdfast_V1_ListOrdersRequest.with {
            $0.channel = ShopNames.channel
            $0.pageSize = 1
        }
        return try await required(.listOrders) {
            try await !terminal.orders.listOrders(request, options: $0).orders.isEmpty
        }
    }

    /// Creates channel, warehouse and products, and the rule by which goods are taken back where that is wanted.
    func open(_ products: [ProductRange.Product], takesBack: Bool) async throws {
        let channels = Holdfast_V1_UpsertChannelsRequest.with {
            $0.requestID = ReplayID.catalogue("channel/\(ShopNames.channel)").description
            $0.channels = [
                .with {
                    $0.code = ShopNames.channel
                    $0.name = "Online Retail"
                    $0.currencyCode = ShopNames.currency
                }
            ]
        }
        let locations = Holdfast_V1_UpsertLocationsRequest.with {
            $0.requestID = ReplayID.catalogue("location/\(ShopNames.location)").description
            $0.locations = [
                .with {
                    $0.code = ShopNames.location
                    $0.name = "Main warehouse"
                    $0.kind = .warehouse
                    $0.timeZone = "Europe/London"
                }
            ]
        }
        _ = try await required(.upsertCatalogue) { try await terminal.catalogue.upsertChannels(channels, options: $0) }
        _ = try await required(.upsertCatalogue) {
            try await terminal.catalogue.upsertLocations(locations, options: $0)
        }
        if takesBack {
            _ = try await required(.upsertReturnRules) {
                try await terminal.returns.upsertReturnRules(LifeRequests.returnRules, options: $0)
            }
        }
        for start in stride(from: 0, to: products.count, by: Self.productsPerCall) {
            let part = products[start..<min(products.count, start + Self.productsPerCall)]
            try await upsert(
                part.map { product in
                    .with {
                        $0.sku = product.sku
                        $0.name = PlainText.of(product.name)
                        $0.tracked = product.isGoods
                    }
                })
        }
    }

    /// Writes that stages up to `stage` are done.
    func complete(stage: Int) async throws {
        try await upsert([marker.product(stage: stage)])
    }

    private func upsert(_ products: [Holdfast_V1_Product]) async throws {
        let content = products.map { "\($0.sku)\u{0}\($0.name)\u{0}\($0.tracked)" }.joined(separator: "\u{0}")
        let request = Holdfast_V1_UpsertProductsRequest.with {
            $0.requestID = ReplayID.catalogue("products/\(content)").description
            $0.products = products
        }
        _ = try await required(.upsertCatalogue) { try await terminal.catalogue.upsertProducts(request, options: $0) }
    }

    private func required<Answer: Sendable>(
        _ kind: CallKind, _ body: (CallOptions) async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await terminal.caller.call(kind, body)
        } catch let refused as ServiceCaller.Refused {
            throw refused.failure
        }
    }
}
