import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderPromising
import SwiftProtobuf

/// Customers: who they are, and what they ordered over all channels.
public struct CustomerService: Holdfast_V1_CustomerService.SimpleServiceProtocol {
    private let ledger: Ledger
    private let answer: CallAnswer

    /// Makes the service over the ledger.
    public init(promising: OrderPromising, logger: Logger) {
        ledger = promising.ledger
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Creates or replaces customers.
    public func upsertCustomers(
        request: Holdfast_V1_UpsertCustomersRequest, context: ServerContext
    ) async throws -> Holdfast_V1_UpsertCustomersResponse {
        let body = try IdempotentBody(.upsertCustomers, request).bytes
        return try await answer.answering(context, body: body) {
            let (id, customers) = try CustomerRequests.upsert(request)
            let reply = try await ledger.upsertCustomers(
                id, customers, body: body, caller: CallerContext.current
            ) { count in
                try Holdfast_V1_UpsertCustomersResponse.with {
                    $0.created = count.created
                    $0.updated = count.updated
                    $0.unchanged = count.unchanged
                }.serializedBytes()
            }
            return try Holdfast_V1_UpsertCustomersResponse(serializedBytes: reply)
        }
    }

    /// Returns one customer.
    public func getCustomer(
        request: Holdfast_V1_GetCustomerRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetCustomerResponse {
        try await answer.answering(context) {
            let id = try CustomerRequests.id(request)
            let scope = CallerContext.current.scope
            guard let (customer, orders, credit) = try await ledger.customer(id, among: scope.channels) else {
                throw Refusal.notFound(.customer, id)
            }
            return .with {
                $0.customer = Holdfast_V1_CustomerRecord(customer)
                $0.orders = orders
                $0.storeCredit = credit.map { Holdfast_V1_Money($0.minorUnits, $0.currency) }
            }
        }
    }

    /// Finds customers.
    public func searchCustomers(
        request: Holdfast_V1_SearchCustomersRequest, context: ServerContext
    ) async throws -> Holdfast_V1_SearchCustomersResponse {
        try await answer.answering(context) {
            let asked = try ListRequests.customers(request)
            let page = try await ledger.customers(matching: request.prefix, after: asked.after, limit: asked.limit)
            return .with {
                $0.customers = page.elements.map { Holdfast_V1_CustomerRecord($0) }
                $0.nextPageToken = asked.next(page, \.record.id)
            }
        }
    }

    /// Lists a customer's orders.
    public func listCustomerOrders(
        request: Holdfast_V1_ListCustomerOrdersRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListCustomerOrdersResponse {
        try await answer.answering(context) {
            let (asked, filter) = try ListRequests.customerOrders(request, by: CallerContext.current)
            let page = try await ledger.orders(filter, before: asked.after, limit: asked.limit)
            return .with {
                $0.orders = page.orders.map { Holdfast_V1_Order($0) }
                $0.nextPageToken = page.next.map { asked.token(after: $0) } ?? ""
            }
        }
    }
}
