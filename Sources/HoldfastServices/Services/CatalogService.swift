import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderPromising
import SwiftProtobuf

/// Products, locations and channels.
public struct CatalogService: Holdfast_V1_CatalogService.SimpleServiceProtocol {
    private let promising: OrderPromising
    private let answer: CallAnswer
    private let logger: Logger

    /// Makes the service over order promising and its ledger.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        self.logger = logger
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Creates or replaces products.
    public func upsertProducts(
        request: Holdfast_V1_UpsertProductsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_UpsertProductsResponse {
        let body = try IdempotentBody(.upsertProducts, request).bytes
        let caller = CallerContext.current
        return try await answer.answering(context, body: body) {
            let (id, products) = try CatalogRequests.products(request)
            let reply = try await promising.ledger.upsertProducts(
                id, products, body: body, caller: caller
            ) { count in
                try Holdfast_V1_UpsertProductsResponse.with {
                    $0.created = count.created
                    $0.updated = count.updated
                    $0.unchanged = count.unchanged
                }.serializedBytes()
            }
            await refreshDirectory()
            return try Holdfast_V1_UpsertProductsResponse(serializedBytes: reply)
        }
    }

    /// Returns one product.
    public func getProduct(
        request: Holdfast_V1_GetProductRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetProductResponse {
        try await answer.answering(context) {
            let sku = try CatalogRequests.sku(request)
            guard let product = try await promising.ledger.product(sku: sku) else {
                throw Refusal.notFound(.product, sku)
            }
            return .with { $0.product = Holdfast_V1_Product(product) }
        }
    }

    /// Lists products.
    public func listProducts(
        request: Holdfast_V1_ListProductsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListProductsResponse {
        try await answer.answering(context) {
            let asked = try ListRequests.products(request)
            let page = try await promising.ledger.products(
                prefix: request.prefix, after: asked.after, limit: asked.limit)
            return .with {
                $0.products = page.elements.map { Holdfast_V1_Product($0) }
                $0.nextPageToken = asked.next(page, \.sku)
            }
        }
    }

    /// Creates or replaces locations.
    public func upsertLocations(
        request: Holdfast_V1_UpsertLocationsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_UpsertLocationsResponse {
        let body = try IdempotentBody(.upsertLocations, request).bytes
        let caller = CallerContext.current
        return try await answer.answering(context, body: body) {
            let (id, locations) = try CatalogRequests.locations(request, by: caller)
            let reply = try await promising.ledger.upsertLocations(
                id, locations, body: body, caller: caller
            ) { count in
                try Holdfast_V1_UpsertLocationsResponse.with {
                    $0.created = count.created
                    $0.updated = count.updated
                    $0.unchanged = count.unchanged
                }.serializedBytes()
            }
            await refreshDirectory()
            return try Holdfast_V1_UpsertLocationsResponse(serializedBytes: reply)
        }
    }

    /// Lists locations.
    public func listLocations(
        request: Holdfast_V1_ListLocationsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListLocationsResponse {
        try await answer.answering(context) {
            let asked = try ListRequests.locations(request)
            let page = try await promising.ledger.locations(
                after: asked.after, limit: asked.limit, among: CallerContext.current.scope.locations)
            return .with {
                $0.locations = page.elements.map { Holdfast_V1_Location($0) }
                $0.nextPageToken = asked.next(page, \.code)
            }
        }
    }

    /// Creates or replaces channels.
    public func upsertChannels(
        request: Holdfast_V1_UpsertChannelsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_UpsertChannelsResponse {
        let body = try IdempotentBody(.upsertChannels, request).bytes
        let caller = CallerContext.current
        return try await answer.answering(context, body: body) {
            let (id, channels) = try CatalogRequests.channels(request, by: caller)
            let reply = try await promising.ledger.upsertChannels(
                id, channels, body: body, caller: caller
            ) { count in
                try Holdfast_V1_UpsertChannelsResponse.with {
                    $0.created = count.created
                    $0.updated = count.updated
                    $0.unchanged = count.unchanged
                }.serializedBytes()
            }
            await refreshDirectory()
            return try Holdfast_V1_UpsertChannelsResponse(serializedBytes: reply)
        }
    }

    /// Lists channels.
    public func listChannels(
        request: Holdfast_V1_ListChannelsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListChannelsResponse {
        try await answer.answering(context) {
            let asked = try ListRequests.channels(request)
            let page = try await promising.ledger.channels(
                after: asked.after, limit: asked.limit, among: CallerContext.current.scope.channels)
            return .with {
                $0.channels = page.elements.map { Holdfast_V1_Channel($0) }
                $0.nextPageToken = asked.next(page, \.code)
            }
        }
    }

    /// Tells this server's directory at once.
    ///
    /// The change is committed: where this fails, the directory follows later.
    private func refreshDirectory() async {
        do {
            try await promising.refreshDirectory()
        } catch {
            logger.warning("directory cannot be refreshed after a change", metadata: ["error.message": "\(error)"])
        }
    }
}
