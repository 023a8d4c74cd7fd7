package import HoldfastAPI
import SwiftProtobuf

/// A call that takes an order on after its capture: fulfilment, payment, return.
package enum LifeCall: Hashable, Sendable {
    case release(Holdfast_V1_ReleaseOrderRequest)
    case startPicking(Holdfast_V1_StartPickingRequest)
    case pick(Holdfast_V1_ConfirmPickRequest)
    case pack(Holdfast_V1_PackFulfilmentRequest)
    case ship(Holdfast_V1_ShipFulfilmentRequest)
    case deliver(Holdfast_V1_ConfirmDeliveryRequest)
    case lose(Holdfast_V1_ReportLostRequest)
    case decline(Holdfast_V1_DeclineFulfilmentRequest)
    case tender(Holdfast_V1_AddTenderRequest)
    case refund(Holdfast_V1_RefundOrderRequest)
    case credit(Holdfast_V1_IssueStoredValueRequest)
    case createReturn(Holdfast_V1_CreateReturnRequest)
    case receiveReturn(Holdfast_V1_ReceiveReturnRequest)
    case inspectReturn(Holdfast_V1_InspectReturnRequest)
    case settleReturn(Holdfast_V1_SettleReturnRequest)
    case comeBack(Holdfast_V1_ReceiveUndeliveredRequest)
    case label(Holdfast_V1_IssueReturnLabelRequest)
    case exchange(Holdfast_V1_ExchangeReturnRequest)

    /// What makes repetitions of this call one.
    package var key: Mutation.Key {
        switch self {
        case .release(let request): .init(.fulfilment, request.releaseID)
        case .startPicking(let request): .init(.fulfilment, request.requestID)
        case .pick(let request): .init(.fulfilment, request.requestID)
        case .pack(let request): .init(.fulfilment, request.requestID)
        case .ship(let request): .init(.fulfilment, request.requestID)
        case .deliver(let request): .init(.fulfilment, request.requestID)
        case .lose(let request): .init(.fulfilment, request.requestID)
        case .decline(let request): .init(.fulfilment, request.requestID)
        case .tender(let request): .init(.payment, request.tenderID)
        case .refund(let request): .init(.payment, request.refundID)
        case .credit(let request): .init(.storedValue, request.issueID)
        case .createReturn(let request): .init(.returnCreation, request.returnID)
        case .receiveReturn(let request): .init(.returnChange, request.receiptID)
        case .inspectReturn(let request): .init(.returnChange, request.inspectionID)
        case .settleReturn(let request): .init(.returnChange, request.settlementID)
        case .comeBack(let request): .init(.fulfilment, request.requestID)
        case .label(let request): .init(.returnChange, request.labelID)
        // The id is that of the new order.
        case .exchange(let request): .init(.order, request.exchangeID)
        }
    }

    /// The method's name.
    package var method: String {
        switch self {
        case .release: "ReleaseOrder"
        case .startPicking: "StartPicking"
        case .pick: "ConfirmPick"
        case .pack: "PackFulfilment"
        case .ship: "ShipFulfilment"
        case .deliver: "ConfirmDelivery"
        case .lose: "ReportLost"
        case .decline: "DeclineFulfilment"
        case .tender: "AddTender"
        case .refund: "RefundOrder"
        case .credit: "IssueStoredValue"
        case .createReturn: "CreateReturn"
        case .receiveReturn: "ReceiveReturn"
        case .inspectReturn: "InspectReturn"
        case .settleReturn: "SettleReturn"
        case .comeBack: "ReceiveUndelivered"
        case .label: "IssueReturnLabel"
        case .exchange: "ExchangeReturn"
        }
    }

    /// The full name of the method's service.
    package var service: String {
        switch self {
        case .release, .startPicking, .pick, .pack, .ship, .deliver, .lose, .decline, .comeBack:
            "holdfast.v1.FulfilmentService"
        case .tender, .refund, .credit: "holdfast.v1.PaymentService"
        case .createReturn, .receiveReturn, .inspectReturn, .settleReturn, .label, .exchange:
            "holdfast.v1.ReturnService"
        }
    }

    /// The request as it is sent.
    var request: any Message {
        switch self {
        case .release(let request): request
        case .startPicking(let request): request
        case .pick(let request): request
        case .pack(let request): request
        case .ship(let request): request
        case .deliver(let request): request
        case .lose(let request): request
        case .decline(let request): request
        case .tender(let request): request
        case .refund(let request): request
        case .credit(let request): request
        case .createReturn(let request): request
        case .receiveReturn(let request): request
        case .inspectReturn(let request): request
        case .settleReturn(let request): request
        case .comeBack(let request): request
        case .label(let request): request
        case .exchange(let request): request
        }
    }

    /// What it asks for, in a few words.
    package var summary: String {
        let subject =
            switch self {
            case .release(let request): request.orderID
            case .startPicking(let request): request.fulfilmentID
            case .pick(let request):
                request.fulfilmentID + request.scans.map { " \($0.code)=\($0.quantity)" }.joined()
                    + " \(request.shortRule)"
            case .pack(let request): request.fulfilmentID
            case .ship(let request): request.fulfilmentID
            case .deliver(let request): request.fulfilmentID
            case .lose(let request): request.fulfilmentID
            case .decline(let request): request.fulfilmentID
            case .tender(let request): "\(request.orderID) \(request.kind) \(request.amount.amountMinor)"
            case .refund(let request): "\(request.orderID) \(request.amount.amountMinor)"
            case .credit(let request): "\(request.customerID) \(request.amount.amountMinor)"
            case .createReturn(let request):
                request.orderID + request.lines.map { " \($0.orderLineNumber)x\($0.quantity)" }.joined()
            case .receiveReturn(let request):
                request.returnID + request.lines.map { " \($0.sku)=\($0.quantity)" }.joined()
            case .inspectReturn(let request):
                request.returnID + request.lines.map { " \($0.lineNumber)x\($0.quantity)" }.joined()
            case .settleReturn(let request):
                "\(request.returnID) \(request.settlement)" + (request.ahead ? " ahead" : "")
            case .comeBack(let request): "\(request.fulfilmentID) \(request.location) \(request.disposition)"
            case .label(let request): "\(request.returnID) \(request.location)"
            case .exchange(let request):
                request.returnID + request.lines.map { " \($0.sku)@\($0.location)=\($0.quantity)" }.joined()
            }
        return "\(method) \(subject)"
    }

    /// The order that an answer is about, and the place in its history that it tells.
    ///
    /// - Parameter reply: the answer.
    /// - Returns: both, the place being 0 where none is told; nil where it is about no order.
    /// - Throws: where it cannot be read.
    package func told(in reply: [UInt8]) throws -> (order: String, sequence: Int32)? {
        func step(_ step: Holdfast_V1_FulfilmentStep) -> (String, Int32) { (step.fulfilment.orderID, step.sequence) }
        func returned(_ returned: Holdfast_V1_Return) -> (String, Int32) { (returned.orderID, 0) }
        return switch self {
        case .release(let request):
            (request.orderID, try Holdfast_V1_ReleaseOrderResponse(serializedBytes: reply).sequence)
        case .startPicking: step(try Holdfast_V1_StartPickingResponse(serializedBytes: reply).step)
        case .pick: step(try Holdfast_V1_ConfirmPickResponse(serializedBytes: reply).step)
        case .pack: step(try Holdfast_V1_PackFulfilmentResponse(serializedBytes: reply).step)
        case .ship: step(try Holdfast_V1_ShipFulfilmentResponse(serializedBytes: reply).step)
        case .deliver: step(try Holdfast_V1_ConfirmDeliveryResponse(serializedBytes: reply).step)
        case .lose: step(try Holdfast_V1_ReportLostResponse(serializedBytes: reply).step)
        case .decline: step(try Holdfast_V1_DeclineFulfilmentResponse(serializedBytes: reply).step)
        case .tender(let request): (request.orderID, 0)
        case .refund(let request): (request.orderID, 0)
        case .credit: nil
        case .createReturn(let request): (request.orderID, 0)
        case .receiveReturn: returned(try Holdfast_V1_ReceiveReturnResponse(serializedBytes: reply).returnOrder)
        case .inspectReturn: returned(try Holdfast_V1_InspectReturnResponse(serializedBytes: reply).returnOrder)
        case .settleReturn: returned(try Holdfast_V1_SettleReturnResponse(serializedBytes: reply).returnOrder)
        case .comeBack: step(try Holdfast_V1_ReceiveUndeliveredResponse(serializedBytes: reply).step)
        case .label: returned(try Holdfast_V1_IssueReturnLabelResponse(serializedBytes: reply).returnOrder)
        case .exchange: returned(try Holdfast_V1_ExchangeReturnResponse(serializedBytes: reply).returnOrder)
        }
    }

    /// The fulfilment of an answer after a step; nil for other calls.
    ///
    /// - Throws: where it cannot be read.
    func fulfilments(in reply: [UInt8]) throws -> [Holdfast_V1_Fulfilment] {
        switch self {
        case .release: try Holdfast_V1_ReleaseOrderResponse(serializedBytes: reply).fulfilments
        case .startPicking: [try Holdfast_V1_StartPickingResponse(serializedBytes: reply).step.fulfilment]
        case .pick: [try Holdfast_V1_ConfirmPickResponse(serializedBytes: reply).step.fulfilment]
        case .pack: [try Holdfast_V1_PackFulfilmentResponse(serializedBytes: reply).step.fulfilment]
        case .ship: [try Holdfast_V1_ShipFulfilmentResponse(serializedBytes: reply).step.fulfilment]
        case .deliver: [try Holdfast_V1_ConfirmDeliveryResponse(serializedBytes: reply).step.fulfilment]
        case .lose: [try Holdfast_V1_ReportLostResponse(serializedBytes: reply).step.fulfilment]
        case .decline: [try Holdfast_V1_DeclineFulfilmentResponse(serializedBytes: reply).step.fulfilment]
        case .comeBack: [try Holdfast_V1_ReceiveUndeliveredResponse(serializedBytes: reply).step.fulfilment]
        default: []
        }
    }

    /// The return of an answer; nil for other calls.
    ///
    /// - Throws: where it cannot be read.
    func returned(in reply: [UInt8]) throws -> Holdfast_V1_Return? {
        switch self {
        case .createReturn: try Holdfast_V1_CreateReturnResponse(serializedBytes: reply).returnOrder
        case .receiveReturn: try Holdfast_V1_ReceiveReturnResponse(serializedBytes: reply).returnOrder
        case .inspectReturn: try Holdfast_V1_InspectReturnResponse(serializedBytes: reply).returnOrder
        case .settleReturn: try Holdfast_V1_SettleReturnResponse(serializedBytes: reply).returnOrder
        case .label: try Holdfast_V1_IssueReturnLabelResponse(serializedBytes: reply).returnOrder
        case .exchange: try Holdfast_V1_ExchangeReturnResponse(serializedBytes: reply).returnOrder
        default: nil
        }
    }

    /// Another request under the same id; nil where there is no such thing.
    var altered: LifeCall? {
        switch self {
        case .ship(var request) where !request.trackingNumbers.isEmpty:
            request.trackingNumbers[0] += "X"
            return .ship(request)
        case .deliver(var request):
            request.note = "another"
            return .deliver(request)
        case .decline(var request):
            request.reason = "another"
            return .decline(request)
        case .tender(var request):
            request.label = "another"
            return .tender(request)
        case .refund(var request):
            request.reason = "another"
            return .refund(request)
        case .credit(var request):
            request.reason = "another"
            return .credit(request)
        case .createReturn(var request):
            request.note = "another"
            return .createReturn(request)
        case .settleReturn(var request):
            request.reference = "another"
            return .settleReturn(request)
        case .comeBack(var request):
            request.reason = "another"
            return .comeBack(request)
        case .label(var request):
            request.service = "ANOTHER"
            return .label(request)
        case .exchange(var request):
            request.lines[0].quantity += 1
            return .exchange(request)
        default: return nil
        }
    }
}
