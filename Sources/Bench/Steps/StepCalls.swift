import FramedTransport
import HoldfastAPI
import NIOCore
import SwiftProtobuf
import Synchronization

/// The orders of one round, and what became of them so far.
final class StepOrders: Sendable {
    /// One order.
    struct Order: Sendable {
        let order = ServiceCalls.id()
        let returned = ServiceCalls.id()
        let sku: String
        var fulfilment = ""
        /// Steps that succeeded; an order that missed one is left out of the next ones.
        var steps = 0
    }

    private let orders: Mutex<[Order]>
    /// Bytes of requests and replies of the step that is made now.
    private let bytes = Mutex((request: 0, reply: 0))

    init(count: Int, skus: [String]) {
        orders = Mutex((0..<count).map { _ in Order(sku: skus[Int.random(in: 0..<skus.count)]) })
    }

    /// The places of orders that have made so many steps.
    func places(after steps: Int) -> [Int] {
        orders.withLock { orders in orders.indices.filter { orders[$0].steps == steps } }
    }

    subscript(place: Int) -> Order { orders.withLock { $0[place] } }

    func advance(_ place: Int, fulfilment: String?, request: Int, reply: Int) {
        orders.withLock { orders in
            orders[place].steps += 1
            if let fulfilment { orders[place].fulfilment = fulfilment }
        }
        bytes.withLock { $0 = ($0.request + request, $0.reply + reply) }
    }

    /// Mean bytes of a request and a reply since the last call.
    func sizes(of count: UInt64) -> (request: Int, reply: Int) {
        bytes.withLock { bytes in
            defer { bytes = (0, 0) }
            guard count > 0 else { return (0, 0) }
            return (bytes.request / Int(count), bytes.reply / Int(count))
        }
    }
}

/// The steps of orders as calls of the service.
struct StepCalls: Sendable {
    let calls: ServiceCalls

    /// Makes the catalogue and the rules that the steps need.
    static func prepare(_ calls: ServiceCalls) async throws -> StepCalls {
        try await calls.call(
            "ReturnService", "UpsertReturnRules",
            Holdfast_V1_UpsertReturnRulesRequest.with { request in
                request.requestID = ServiceCalls.id()
                request.rules = [
                    .with {
                        $0.name = "bench"
                        $0.terms.windowDays = 30
                    }
                ]
            })
        return StepCalls(calls: calls)
    }

    /// Makes a step of the order at a place.
    func make(_ step: OrderStep, of place: Int, in orders: StepOrders, slot: Int) -> EventLoopFuture<Void> {
        let connection = calls.connections[slot % calls.connections.count]
        let order = orders[place]
        let (service, method) = step.method
        let request: [UInt8]
        do {
            request = try StepCalls.request(step, of: order).serializedBytes()
        } catch {
            return connection.eventLoop.makeFailedFuture(error)
        }
        return calls.ask(connection, service, method, request).flatMapThrowing { reply in
            let fulfilment =
                step == .release
                ? try Holdfast_V1_ReleaseOrderResponse(serializedBytes: Array(buffer: reply)).fulfilments.first?
                    .fulfilmentID : nil
            orders.advance(place, fulfilment: fulfilment, request: request.count, reply: reply.readableBytes)
        }
    }

    private static func request(_ step: OrderStep, of order: StepOrders.Order) -> any Message {
        let id = ServiceCalls.id()
        return switch step {
        case .place: placing(order)
        case .pay:
            Holdfast_V1_AddTenderRequest.with {
                $0.tenderID = id
                $0.orderID = order.order
                $0.kind = .cash
            }
        case .release:
            Holdfast_V1_ReleaseOrderRequest.with {
                $0.releaseID = id
                $0.orderID = order.order
            }
        case .startPicking:
            Holdfast_V1_StartPickingRequest.with {
                $0.requestID = id
                $0.fulfilmentID = order.fulfilment
            }
        case .pick:
            Holdfast_V1_ConfirmPickRequest.with { request in
                request.requestID = id
                request.fulfilmentID = order.fulfilment
                request.scans = [
                    .with {
                        $0.code = order.sku
                        $0.quantity = 1
                    }
                ]
            }
        case .pack:
            Holdfast_V1_PackFulfilmentRequest.with { request in
                request.requestID = id
                request.fulfilmentID = order.fulfilment
                request.packages = [.with { $0.weightGrams = 500 }]
            }
        case .ship:
            Holdfast_V1_ShipFulfilmentRequest.with {
                $0.requestID = id
                $0.fulfilmentID = order.fulfilment
                $0.carrier = "bench"
                $0.trackingNumbers = ["T0123456789"]
            }
        case .deliver:
            Holdfast_V1_ConfirmDeliveryRequest.with {
                $0.requestID = id
                $0.fulfilmentID = order.fulfilment
            }
        case .createReturn, .receiveReturn, .inspectReturn, .settleReturn: returning(step, order, id)
        case .refund:
            Holdfast_V1_RefundOrderRequest.with {
                $0.refundID = id
                $0.orderID = order.order
            }
        }
    }

    private static func placing(_ order: StepOrders.Order) -> any Message {
        Holdfast_V1_PlaceOrderRequest.with { request in
            request.orderID = order.order
            request.channel = ServiceCalls.channel
            request.externalID = order.order
            request.lines = [
                .with { line in
                    line.sku = order.sku
                    line.location = ServiceCalls.location
                    line.quantity = 1
                    line.unitPrice = .with {
                        $0.currencyCode = "GBP"
                        $0.units = 1
                    }
                }
            ]
        }
    }

    private static func returning(_ step: OrderStep, _ order: StepOrders.Order, _ id: String) -> any Message {
        switch step {
        case .createReturn:
            Holdfast_V1_CreateReturnRequest.with { request in
                request.returnID = order.returned
                request.orderID = order.order
                request.method = .store
                request.lines = [
                    .with {
                        $0.orderLineNumber = 1
                        $0.quantity = 1
                        $0.reason = .unwanted
                        $0.condition = .unopened
                    }
                ]
            }
        case .receiveReturn:
            Holdfast_V1_ReceiveReturnRequest.with { request in
                request.receiptID = id
                request.returnID = order.returned
                request.location = ServiceCalls.location
                request.lines = [
                    .with {
                        $0.sku = order.sku
                        $0.quantity = 1
                    }
                ]
            }
        case .inspectReturn:
            Holdfast_V1_InspectReturnRequest.with { request in
                request.inspectionID = id
                request.returnID = order.returned
                request.lines = [
                    .with {
                        $0.lineNumber = 1
                        $0.quantity = 1
                        $0.condition = .unopened
                        $0.disposition = .restock
                    }
                ]
            }
        default:
            Holdfast_V1_SettleReturnRequest.with {
                $0.settlementID = id
                $0.returnID = order.returned
                $0.settlement = .outside
            }
        }
    }
}
