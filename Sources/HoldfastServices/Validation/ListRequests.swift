import Domain
import HoldfastAPI
import Ledger
import SwiftProtobuf

/// A page of a list, as asked for.
struct PageRequest<Key: PageKey & Equatable>: Equatable {
    /// Entries wanted at most.
    var limit: Int
    /// The key after which the page begins; nil for the first page.
    var after: Key?
    /// The hash of the list, for the next page's token.
    var list: UInt64

    /// The token of the page after this one; empty where there is none.
    func next<Element: Sendable>(_ page: Page<Element>, _ key: (Element) -> Key) -> String {
        guard page.hasMore, let last = page.elements.last else { return "" }
        return token(after: key(last))
    }

    /// The token of the page after a key.
    func token(after key: Key) -> String {
        PageToken(list: list, key: key.pageKey).text
    }
}

/// Requests for pages of lists, translated and validated.
enum ListRequests {
    /// Products by sku.
    static func products(_ request: Holdfast_V1_ListProductsRequest) throws -> PageRequest<String> {
        var validation = RequestValidation()
        validation.text(request.prefix, to: RequestValidation.codeBound, "prefix")
        return try page(request, "ListProducts", &validation)
    }

    /// Locations by code.
    static func locations(_ request: Holdfast_V1_ListLocationsRequest) throws -> PageRequest<String> {
        var validation = RequestValidation()
        return try page(request, "ListLocations", &validation)
    }

    /// Channels by code.
    static func channels(_ request: Holdfast_V1_ListChannelsRequest) throws -> PageRequest<String> {
        var validation = RequestValidation()
        return try page(request, "ListChannels", &validation)
    }

    /// Stock levels by sku and location.
    static func stock(
        _ request: Holdfast_V1_GetStockRequest, by caller: Caller
    ) throws -> PageRequest<StockLevelKey> {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.sku, "sku")
        validation.codeOrEmpty(request.location, "location")
        let asked: PageRequest<StockLevelKey> = try page(request, "GetStock", &validation)
        try caller.scope.admit(location: request.location)
        return asked
    }

    /// Movements, newest first, with their filter.
    static func movements(
        _ request: Holdfast_V1_ListMovementsRequest, by caller: Caller
    ) throws -> (page: PageRequest<Int64>, filter: MovementFilter) {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.sku, "sku")
        validation.codeOrEmpty(request.location, "location")
        let filter = MovementFilter(
            sku: request.sku, location: request.location, cause: validation.idOrNil(request.causeID, "cause_id"),
            locations: caller.scope.locations, hidesOrders: caller.scope.channels != nil)
        let page: PageRequest<Int64> = try page(request, "ListMovements", &validation)
        try caller.scope.admit(location: request.location)
        return (page, filter)
    }

    /// Orders, newest first, with their filter.
    static func orders(
        _ request: Holdfast_V1_ListOrdersRequest, by caller: Caller
    ) throws -> (page: PageRequest<OrderKey>, filter: OrderFilter) {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.channel, "channel")
        validation.text(request.customerID, to: 64, "customer_id")
        var filter = OrderFilter(
            channel: request.channel, customer: request.customerID, channels: caller.scope.channels)
        if request.status != .unspecified {
            filter.status = Int16(exactly: request.status.rawValue).flatMap { OrderStatus(rawValue: $0) }
            if filter.status == nil {
                validation.refuse("status", "\(request.status.rawValue) is no status of an order")
            }
        }
        if request.hasPlacedFrom { filter.placedFrom = validation.instant(request.placedFrom, "placed_from") }
        if request.hasPlacedBefore { filter.placedBefore = validation.instant(request.placedBefore, "placed_before") }
        if let from = filter.placedFrom, let before = filter.placedBefore, from >= before {
            validation.refuse("placed_before", "must be later than placed_from")
        }
        let page: PageRequest<OrderKey> = try page(request, "ListOrders", &validation)
        if !request.channel.isEmpty { try caller.scope.admit(channel: request.channel) }
        return (page, filter)
    }

    /// Caps of waiting units by sku and channel.
    static func backorderPolicies(
        _ request: Holdfast_V1_ListBackorderPoliciesRequest, by caller: Caller
    ) throws -> PageRequest<BackorderPolicyKey> {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.sku, "sku")
        validation.codeOrEmpty(request.channel, "channel")
        let page: PageRequest<BackorderPolicyKey> = try page(request, "ListBackorderPolicies", &validation)
        if !request.channel.isEmpty { try caller.scope.admit(channel: request.channel) }
        return page
    }

    /// Waiting lines by sku, in the order in which they are served; of one order where it is not nil.
    static func backorders(
        _ request: Holdfast_V1_ListBackordersRequest, by caller: Caller
    ) throws -> (page: PageRequest<WaitingLineKey>, order: EntityID?) {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.sku, "sku")
        validation.codeOrEmpty(request.channel, "channel")
        let order = validation.idOrNil(request.orderID, "order_id")
        let page: PageRequest<WaitingLineKey> = try page(request, "ListBackorders", &validation)
        if !request.channel.isEmpty { try caller.scope.admit(channel: request.channel) }
        return (page, order)
    }

    /// What sourcing knows of locations, by code.
    static func sourcingLocations(
        _ request: Holdfast_V1_ListSourcingLocationsRequest
    ) throws -> PageRequest<String> {
        var validation = RequestValidation()
        return try page(request, "ListSourcingLocations", &validation)
    }

    /// Customers that are found by the beginning of a text, by id.
    static func customers(_ request: Holdfast_V1_SearchCustomersRequest) throws -> PageRequest<String> {
        var validation = RequestValidation()
        validation.text(request.prefix, from: CustomerSearch.shortest, to: 254, "prefix")
        return try page(request, "SearchCustomers", &validation)
    }

    /// A customer's orders, newest first, over all channels that the caller may see.
    static func customerOrders(
        _ request: Holdfast_V1_ListCustomerOrdersRequest, by caller: Caller
    ) throws -> (page: PageRequest<OrderKey>, filter: OrderFilter) {
        var validation = RequestValidation()
        validation.text(request.customerID, from: 1, to: CustomerRequests.idBound, "customer_id")
        let page: PageRequest<OrderKey> = try page(request, "ListCustomerOrders", &validation)
        return (page, OrderFilter(channel: "", customer: request.customerID, channels: caller.scope.channels))
    }

    /// Documents, newest first, with their filter.
    static func documents(
        _ request: Holdfast_V1_ListDocumentsRequest
    ) throws -> (page: PageRequest<OrderKey>, filter: DocumentFilter) {
        var validation = RequestValidation()
        var filter = DocumentFilter(order: validation.idOrNil(request.orderID, "order_id"), entity: request.legalEntity)
        validation.text(request.legalEntity, to: 16, "legal_entity")
        if request.kind != .unspecified {
            filter.kind = Int16(exactly: request.kind.rawValue).flatMap { DocumentKind(rawValue: $0) }
            if filter.kind == nil { validation.refuse("kind", "\(request.kind.rawValue) is no kind of document") }
        }
        return (try page(request, "ListDocuments", &validation), filter)
    }

    /// Attempts whose outcome is not known, the oldest first, and for how many milliseconds at least.
    static func openAttempts(
        _ request: Holdfast_V1_ListOpenAttemptsRequest
    ) throws -> (page: PageRequest<OrderKey>, olderThan: Int64) {
        var validation = RequestValidation()
        // Ten years.
        validation.number(request.olderThanSeconds, in: 0...315_360_000, "older_than_seconds")
        return (try page(request, "ListOpenAttempts", &validation), request.olderThanSeconds * 1_000)
    }

    /// Returns, newest first, with their filter.
    static func returns(
        _ request: Holdfast_V1_ListReturnsRequest, by caller: Caller
    ) throws -> (page: PageRequest<OrderKey>, filter: ReturnFilter) {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.channel, "channel")
        let filter = ReturnFilter(
            channel: request.channel, order: validation.idOrNil(request.orderID, "order_id"),
            state: request.state == .unspecified
                ? nil : validation.word(request.state, as: ReturnState.self, "state"),
            channels: caller.scope.channels)
        let page: PageRequest<OrderKey> = try page(request, "ListReturns", &validation)
        if !request.channel.isEmpty { try caller.scope.admit(channel: request.channel) }
        return (page, filter)
    }

    /// Fulfilments, oldest release first, with their filter.
    static func fulfilments(
        _ request: Holdfast_V1_ListFulfilmentsRequest, by caller: Caller
    ) throws -> (page: PageRequest<FulfilmentKey>, filter: FulfilmentFilter) {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.location, "location")
        var filter = FulfilmentFilter(
            order: validation.idOrNil(request.orderID, "order_id"), location: request.location,
            wave: validation.idOrNil(request.waveID, "wave_id"), locations: caller.scope.locations,
            channels: caller.scope.channels)
        if request.kind != .unspecified {
            filter.kind = Int16(exactly: request.kind.rawValue).flatMap { FulfilmentKind(rawValue: $0) }
            if filter.kind == nil { validation.refuse("kind", "\(request.kind.rawValue) is no kind of fulfilment") }
        }
        if !request.state.isEmpty {
            if let kind = filter.kind {
                filter.standing = FulfilmentStanding.all(of: kind).first { $0.word == request.state }
                if filter.standing == nil {
                    let known = FulfilmentStanding.all(of: kind).map(\.word).joined(separator: ", ")
                    validation.refuse("state", "is none of \(known)")
                }
            } else {
                validation.refuse("state", "needs the kind")
            }
        }
        let page: PageRequest<FulfilmentKey> = try page(request, "ListFulfilments", &validation)
        try caller.scope.admit(location: request.location)
        return (page, filter)
    }

    /// API keys, newest first.
    static func keys(_ request: Holdfast_V1_ListApiKeysRequest) throws -> PageRequest<ApiKeyKey> {
        var validation = RequestValidation()
        return try page(request, "ListApiKeys", &validation)
    }

    /// Changes, newest first, with their filter.
    static func audit(
        _ request: Holdfast_V1_ListAuditEventsRequest
    ) throws -> (page: PageRequest<AuditKey>, filter: AuditFilter) {
        var validation = RequestValidation()
        validation.text(request.caller, to: AccessRequests.callerBound, "caller")
        var filter = AuditFilter(
            caller: request.caller, subject: validation.idOrNil(request.subjectID, "subject_id"))
        if request.hasFrom { filter.from = validation.instant(request.from, "from") }
        if request.hasBefore { filter.before = validation.instant(request.before, "before") }
        if let from = filter.from, let before = filter.before, from >= before {
            validation.refuse("before", "must be later than from")
        }
        let page: PageRequest<AuditKey> = try page(request, "ListAuditEvents", &validation)
        return (page, filter)
    }

    /// What holds orders, oldest first, with its filter.
    static func holds(
        _ request: Holdfast_V1_ListHoldsRequest, by caller: Caller
    ) throws -> (page: PageRequest<HeldOrderKey>, filter: HoldFilter) {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.channel, "channel")
        var filter = HoldFilter(channel: request.channel, channels: caller.scope.channels)
        if request.reason != .unspecified {
            filter.reason = HoldReason(request.reason)
            if filter.reason == nil { validation.refuse("reason", "\(request.reason.rawValue) is no reason of a hold") }
        }
        let page: PageRequest<HeldOrderKey> = try page(request, "ListHolds", &validation)
        if !request.channel.isEmpty { try caller.scope.admit(channel: request.channel) }
        return (page, filter)
    }

    /// A channel's own prices by sku.
    static func prices(_ request: Holdfast_V1_ListPricesRequest, by caller: Caller) throws -> PageRequest<String> {
        var validation = RequestValidation()
        validation.code(request.channel, "channel")
        let page: PageRequest<String> = try page(request, "ListPrices", &validation)
        try caller.scope.admit(channel: request.channel)
        return page
    }

    /// Wishes to cancel, oldest first, with their filter.
    static func cancellations(
        _ request: Holdfast_V1_ListCancellationsRequest, by caller: Caller
    ) throws -> (page: PageRequest<OrderKey>, filter: LateCancelFilter) {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.location, "location")
        var filter = LateCancelFilter(
            order: validation.idOrNil(request.orderID, "order_id"), location: request.location,
            channels: caller.scope.channels, locations: caller.scope.locations)
        if request.state != .unspecified {
            filter.state = Int16(exactly: request.state.rawValue).flatMap { LateCancelState(rawValue: $0) }
            if filter.state == nil { validation.refuse("state", "\(request.state.rawValue) is no state of a wish") }
        }
        let page: PageRequest<OrderKey> = try page(request, "ListCancellations", &validation)
        try caller.scope.admit(location: request.location)
        return (page, filter)
    }

    /// Drafts, those changed last first, with their filter.
    static func drafts(
        _ request: Holdfast_V1_ListDraftsRequest, by caller: Caller
    ) throws -> (page: PageRequest<OrderKey>, filter: DraftFilter) {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.channel, "channel")
        var filter = DraftFilter(channel: request.channel, channels: caller.scope.channels)
        if request.state != .unspecified {
            filter.state = Int16(exactly: request.state.rawValue).flatMap { DraftState(rawValue: $0) }
            if filter.state == nil { validation.refuse("state", "\(request.state.rawValue) is no state of a draft") }
        }
        let page: PageRequest<OrderKey> = try page(request, "ListDrafts", &validation)
        if !request.channel.isEmpty { try caller.scope.admit(channel: request.channel) }
        return (page, filter)
    }

    /// Reads what all lists have in common, and ends the validation.
    private static func page<Request: PagedRequest, Key: PageKey & Equatable>(
        _ request: Request, _ method: String, _ validation: inout RequestValidation
    ) throws -> PageRequest<Key> {
        var filter = request
        filter.pageSize = 0
        filter.pageToken = ""
        let list = try PageToken.list(method, filter)
        let limit = validation.pageSize(request.pageSize, "page_size")
        let after = validation.pageKey(request.pageToken, of: list, as: Key.self, "page_token")
        try validation.finish()
        return PageRequest(limit: limit, after: after, list: list)
    }
}

/// A request for a page; everything else in it is the list's filter.
private protocol PagedRequest: Message {
    var pageSize: Int32 { get set }
    var pageToken: String { get set }
}

extension Holdfast_V1_ListProductsRequest: PagedRequest {}
extension Holdfast_V1_ListLocationsRequest: PagedRequest {}
extension Holdfast_V1_ListChannelsRequest: PagedRequest {}
extension Holdfast_V1_GetStockRequest: PagedRequest {}
extension Holdfast_V1_ListMovementsRequest: PagedRequest {}
extension Holdfast_V1_ListOrdersRequest: PagedRequest {}
extension Holdfast_V1_ListHoldsRequest: PagedRequest {}
extension Holdfast_V1_ListPricesRequest: PagedRequest {}
extension Holdfast_V1_ListBackorderPoliciesRequest: PagedRequest {}
extension Holdfast_V1_ListBackordersRequest: PagedRequest {}
extension Holdfast_V1_ListSourcingLocationsRequest: PagedRequest {}
extension Holdfast_V1_SearchCustomersRequest: PagedRequest {}
extension Holdfast_V1_ListCustomerOrdersRequest: PagedRequest {}
extension Holdfast_V1_ListReturnsRequest: PagedRequest {}
extension Holdfast_V1_ListFulfilmentsRequest: PagedRequest {}
extension Holdfast_V1_ListCancellationsRequest: PagedRequest {}
extension Holdfast_V1_ListDraftsRequest: PagedRequest {}
extension Holdfast_V1_ListApiKeysRequest: PagedRequest {}
extension Holdfast_V1_ListDocumentsRequest: PagedRequest {}
extension Holdfast_V1_ListOpenAttemptsRequest: PagedRequest {}
extension Holdfast_V1_ListAuditEventsRequest: PagedRequest {}
