import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderProcessing
import OrderPromising
import SwiftProtobuf

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What locations and suppliers do to bring orders to their customers.
public struct FulfilmentService: Holdfast_V1_FulfilmentService.SimpleServiceProtocol {
    private let processing: OrderProcessing
    private let answer: CallAnswer

    /// Makes the service over the processing of orders and its ledger.
    public init(processing: OrderProcessing, logger: Logger) {
        self.processing = processing
        answer = CallAnswer(logger: logger, metrics: processing.promising.metrics)
    }

    /// Does a step whose answer is the step alone.
    private func step<Request: FulfilmentRequest, Response: FulfilmentResponse, Value>(
        _ method: IdempotentMethod, _ request: Request, _ context: ServerContext, reason: String = "",
        _ more: (inout RequestValidation) -> Value,
        _ work: (FulfilmentCall, Value, @escaping FulfilmentReply) async throws -> [UInt8]
    ) async throws -> Response {
        try await step(method, request, context, reason: reason, { _, _ in }, more, work)
    }

    /// Does a step; `finish` writes what the answer has beside it.
    private func step<Request: FulfilmentRequest, Response: FulfilmentResponse, Value>(
        _ method: IdempotentMethod, _ request: Request, _ context: ServerContext, reason: String = "",
        _ finish: @escaping @Sendable (FulfilmentOutcome, inout Response) -> Void,
        _ more: (inout RequestValidation) -> Value,
        _ work: (FulfilmentCall, Value, @escaping FulfilmentReply) async throws -> [UInt8]
    ) async throws -> Response {
        let body = try IdempotentBody(method, request).bytes
        return try await answer.answering(context, body: body) {
            let (call, value) = try FulfilmentRequests.call(
                request, body: body, by: CallerContext.current, reason: reason, more)
            let reply = try await work(call, value) { outcome in
                var response = Response()
                response.step = Holdfast_V1_FulfilmentStep(outcome)
                finish(outcome, &response)
                return try response.serializedBytes()
            }
            return try Response(serializedBytes: reply)
        }
    }

    private static func text(_ text: String, to bound: Int, _ field: String) -> (inout RequestValidation) -> Void {
        { validation in validation.text(text, to: bound, field) }
    }

    // MARK: - Release and reading

    /// Gives units to the locations that have them.
    public func releaseOrder(
        request: Holdfast_V1_ReleaseOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ReleaseOrderResponse {
        let body = try IdempotentBody(.releaseOrder, request).bytes
        return try await answer.answering(context, body: body) {
            let release = try FulfilmentRequests.release(request, body: body, by: CallerContext.current)
            let reply = try await processing.release(release) { released in
                try Holdfast_V1_ReleaseOrderResponse(released).serializedBytes()
            }
            return try Holdfast_V1_ReleaseOrderResponse(serializedBytes: reply)
        }
    }

    /// Returns one fulfilment.
    public func getFulfilment(
        request: Holdfast_V1_GetFulfilmentRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetFulfilmentResponse {
        try await answer.answering(context) {
            let id = try FulfilmentRequests.id(request.fulfilmentID)
            let fulfilment = try await processing.fulfilment(id, for: CallerContext.current)
            let token = try await processing.ledger.trackingToken(of: fulfilment.order)
            return .with {
                $0.fulfilment = Holdfast_V1_Fulfilment(fulfilment)
                $0.trackingToken = token?.description ?? ""
            }
        }
    }

    /// Lists fulfilments.
    public func listFulfilments(
        request: Holdfast_V1_ListFulfilmentsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListFulfilmentsResponse {
        try await answer.answering(context) {
            let (asked, filter) = try ListRequests.fulfilments(request, by: CallerContext.current)
            let page = try await processing.ledger.fulfilments(filter, after: asked.after, limit: asked.limit)
            return .with {
                $0.fulfilments = page.elements.map { Holdfast_V1_Fulfilment($0) }
                $0.nextPageToken = asked.next(page) { FulfilmentKey(releasedAt: $0.releasedAt, id: $0.id) }
            }
        }
    }

    // MARK: - Waves and picking

    /// Gathers fulfilments to be picked together.
    public func createWave(
        request: Holdfast_V1_CreateWaveRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CreateWaveResponse {
        let body = try IdempotentBody(.createWave, request).bytes
        return try await answer.answering(context, body: body) {
            let caller = CallerContext.current
            let wave = try FulfilmentRequests.wave(request, by: caller)
            let reply = try await processing.ledger.createWave(
                wave.id, at: request.location, named: wave.named, size: wave.size, body: body, caller: caller
            ) { ids in
                try Holdfast_V1_CreateWaveResponse.with { $0.fulfilmentIds = ids.map(\.description) }.serializedBytes()
            }
            return try Holdfast_V1_CreateWaveResponse(serializedBytes: reply)
        }
    }

    /// Tells what is to be taken from the shelves.
    public func getPickList(
        request: Holdfast_V1_GetPickListRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetPickListResponse {
        try await answer.answering(context) {
            let (location, wave) = try FulfilmentRequests.pickList(request, by: CallerContext.current)
            return Holdfast_V1_GetPickListResponse(
                try await processing.ledger.pickParts(at: location, wave: wave, limit: 10_000))
        }
    }

    /// Begins to pick.
    public func startPicking(
        request: Holdfast_V1_StartPickingRequest, context: ServerContext
    ) async throws -> Holdfast_V1_StartPickingResponse {
        try await step(.startPicking, request, context) { _ in
        } _: { call, _, reply in
            try await processing.startPicking(call, reply: reply)
        }
    }

    /// Ends picking with what was scanned.
    public func confirmPick(
        request: Holdfast_V1_ConfirmPickRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ConfirmPickResponse {
        try await step(
            .confirmPick, request, context,
            { (outcome: FulfilmentOutcome, response: inout Holdfast_V1_ConfirmPickResponse) in
                response.short = outcome.short.units
                response.reallocated = outcome.short.reallocated
                response.backordered = outcome.short.backordered
                response.cancelled = outcome.short.cancelled
            }
        ) { validation in
            (
                scans: FulfilmentRequests.scans(request.scans, &validation),
                rule: FulfilmentRequests.rule(request.shortRule, &validation)
            )
        } _: { call, asked, reply in
            try await processing.confirmPick(
                call, scans: asked.scans, rule: asked.rule, correctsCount: request.correctCount,
                deadline: context.deadline, reply: reply)
        }
    }

    // MARK: - Packing, shipping, delivery

    /// Puts what was picked into packages.
    public func packFulfilment(
        request: Holdfast_V1_PackFulfilmentRequest, context: ServerContext
    ) async throws -> Holdfast_V1_PackFulfilmentResponse {
        try await step(.packFulfilment, request, context) { validation in
            FulfilmentRequests.packages(request.packages, &validation)
        } _: { call, packages, reply in
            try await processing.pack(call, packages, reply: reply)
        }
    }

    /// Tells what the carriers would take.
    public func quoteShipment(
        request: Holdfast_V1_QuoteShipmentRequest, context: ServerContext
    ) async throws -> Holdfast_V1_QuoteShipmentResponse {
        try await answer.answering(context) {
            let id = try FulfilmentRequests.id(request.fulfilmentID)
            let quotes = try await processing.quote(id, for: CallerContext.current)
            return .with {
                $0.quotes = quotes.map { quote in
                    .with {
                        $0.carrier = quote.carrier
                        $0.service = quote.service
                        $0.price = Holdfast_V1_Money(quote.price.minorUnits, quote.price.currency)
                        $0.transitDays = Int32(clamping: quote.transitDays)
                    }
                }
            }
        }
    }

    /// Hands the packages to the carrier.
    public func shipFulfilment(
        request: Holdfast_V1_ShipFulfilmentRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ShipFulfilmentResponse {
        try await step(.shipFulfilment, request, context) { validation in
            validation.codeOrEmpty(request.carrier, "carrier")
            validation.codeOrEmpty(request.service, "service")
            return FulfilmentRequests.trackingNumbers(request.trackingNumbers, &validation)
        } _: { call, numbers, reply in
            try await processing.ship(
                call, carrier: request.carrier, service: request.service, trackingNumbers: numbers, reply: reply)
        }
    }

    /// Returns the label of a package.
    public func getLabel(
        request: Holdfast_V1_GetLabelRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetLabelResponse {
        try await answer.answering(context) {
            let id = try FulfilmentRequests.id(request.fulfilmentID)
            var validation = RequestValidation()
            validation.number(
                request.packageNumber, in: 0...Int32(FulfilmentPackage.bound), "package_number")
            try validation.finish()
            let fulfilment = try await processing.fulfilment(id, for: CallerContext.current)
            let number = max(1, request.packageNumber)
            guard let label = try await processing.ledger.label(of: id, package: number) else {
                throw Refusal.wrongState(
                    fulfilment.standing.kind.subject, id.description, state: fulfilment.standing.word,
                    explanation: "package \(number) has no label that was made here")
            }
            return .with {
                $0.document = Data(label.document)
                $0.trackingNumber = label.tracking
            }
        }
    }

    /// The customer has it.
    public func confirmDelivery(
        request: Holdfast_V1_ConfirmDeliveryRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ConfirmDeliveryResponse {
        try await step(
            .confirmDelivery, request, context, reason: request.note,
            Self.text(request.note, to: OrderRequests.textBound, "note")
        ) { call, _, reply in
            try await processing.confirmDelivery(call, reply: reply)
        }
    }

    /// It is lost.
    public func reportLost(
        request: Holdfast_V1_ReportLostRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ReportLostResponse {
        try await step(.reportLost, request, context, reason: request.reason) { validation in
            validation.text(request.reason, to: OrderRequests.textBound, "reason")
            return FulfilmentRequests.rule(request.shortRule, &validation)
        } _: { call, rule, reply in
            try await processing.reportLost(call, rule: rule, deadline: context.deadline, reply: reply)
        }
    }

    /// The location gives it up.
    public func declineFulfilment(
        request: Holdfast_V1_DeclineFulfilmentRequest, context: ServerContext
    ) async throws -> Holdfast_V1_DeclineFulfilmentResponse {
        try await step(
            .declineFulfilment, request, context, reason: request.reason,
            Self.text(request.reason, to: OrderRequests.textBound, "reason")
        ) { call, _, reply in
            try await processing.decline(call, reply: reply)
        }
    }

    // MARK: - Pickup

    /// Sends it to the store.
    public func sendToStore(
        request: Holdfast_V1_SendToStoreRequest, context: ServerContext
    ) async throws -> Holdfast_V1_SendToStoreResponse {
        try await step(
            .sendToStore, request, context,
            Self.text(request.trackingNumber, to: FulfilmentRequests.numberBound, "tracking_number")
        ) { call, _, reply in
            try await processing.sendToStore(call, tracking: request.trackingNumber, reply: reply)
        }
    }

    /// It is at the counter.
    public func makeReady(
        request: Holdfast_V1_MakeReadyRequest, context: ServerContext
    ) async throws -> Holdfast_V1_MakeReadyResponse {
        var code = ""
        var response: Holdfast_V1_MakeReadyResponse = try await step(.makeReady, request, context) { validation in
            FulfilmentRequests.keep(request.hasKeep ? request.keep : nil, &validation)
        } _: { call, keep, reply in
            let made = try await processing.makeReady(call, keepSeconds: keep, reply: reply)
            code = made.code ?? ""
            return made.reply
        }
        response.code = code
        return response
    }

    /// The customer is reminded.
    public func remindPickup(
        request: Holdfast_V1_RemindPickupRequest, context: ServerContext
    ) async throws -> Holdfast_V1_RemindPickupResponse {
        try await step(.remindPickup, request, context) { _ in
        } _: { call, _, reply in
            try await processing.remindPickup(call, reply: reply)
        }
    }

    /// The customer is given more time.
    public func extendPickup(
        request: Holdfast_V1_ExtendPickupRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ExtendPickupResponse {
        var code = ""
        var response: Holdfast_V1_ExtendPickupResponse = try await step(.extendPickup, request, context) {
            validation in
            FulfilmentRequests.keep(request.hasKeep ? request.keep : nil, &validation)
        } _: { call, keep, reply in
            let made = try await processing.extendPickup(
                call, keepSeconds: keep, newCode: request.newCode, reply: reply)
            code = made.code ?? ""
            return made.reply
        }
        response.code = code
        return response
    }

    /// Hands it over to who shows the code.
    public func collectPickup(
        request: Holdfast_V1_CollectPickupRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CollectPickupResponse {
        // The code is part of what is compared with a repetition, but not kept in the clear.
        var kept = request
        kept.code = PickupCode.fingerprint(request.code, of: request.fulfilmentID)
        return try await step(.collectPickup, kept, context) { validation in
            validation.text(request.code, from: 1, to: RequestValidation.codeBound, "code")
        } _: { call, _, reply in
            try await processing.collectPickup(call, code: request.code, reply: reply)
        }
    }

    /// Puts it back on the shelf.
    public func restockPickup(
        request: Holdfast_V1_RestockPickupRequest, context: ServerContext
    ) async throws -> Holdfast_V1_RestockPickupResponse {
        try await step(.restockPickup, request, context) { _ in
        } _: { call, _, reply in
            try await processing.restockPickup(call, reply: reply)
        }
    }

    // MARK: - Suppliers

    /// The supplier will send it.
    public func acknowledgeSupplierOrder(
        request: Holdfast_V1_AcknowledgeSupplierOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_AcknowledgeSupplierOrderResponse {
        try await step(.acknowledgeSupplierOrder, request, context) { validation in
            validation.text(request.reference, to: FulfilmentRequests.numberBound, "reference")
            return request.hasExpectedAt ? validation.instant(request.expectedAt, "expected_at") : nil
        } _: { call, expected, reply in
            try await processing.acknowledge(call, reference: request.reference, expectedAt: expected, reply: reply)
        }
    }

    /// The supplier will not.
    public func rejectSupplierOrder(
        request: Holdfast_V1_RejectSupplierOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_RejectSupplierOrderResponse {
        try await step(
            .rejectSupplierOrder, request, context, reason: request.reason,
            { (outcome: FulfilmentOutcome, response: inout Holdfast_V1_RejectSupplierOrderResponse) in
                response.reallocated = outcome.short.reallocated
                response.backordered = outcome.short.backordered
                response.cancelled = outcome.short.cancelled
            }
        ) { validation in
            validation.text(request.reason, to: OrderRequests.textBound, "reason")
            return FulfilmentRequests.rule(request.shortRule, &validation)
        } _: { call, rule, reply in
            try await processing.reject(
                call, rule: rule, correctsCount: request.correctCount, deadline: context.deadline, reply: reply)
        }
    }

    /// The supplier has sent it.
    public func notifyShipment(
        request: Holdfast_V1_NotifyShipmentRequest, context: ServerContext
    ) async throws -> Holdfast_V1_NotifyShipmentResponse {
        try await step(.notifyShipment, request, context) { validation in
            validation.text(request.reference, to: FulfilmentRequests.numberBound, "reference")
            validation.text(request.carrier, to: RequestValidation.codeBound, "carrier")
            return ShipNotice(
                reference: request.reference, carrier: request.carrier,
                trackingNumbers: FulfilmentRequests.trackingNumbers(request.trackingNumbers, &validation),
                cost: FulfilmentRequests.cost(request.hasCost ? request.cost : nil, &validation),
                expectedAt: request.hasExpectedAt ? validation.instant(request.expectedAt, "expected_at") : nil)
        } _: { call, notice, reply in
            try await processing.notifyShipment(call, notice, reply: reply)
        }
    }

    // MARK: - Coming back

    /// It could not be delivered, and its goods are back.
    public func receiveUndelivered(
        request: Holdfast_V1_ReceiveUndeliveredRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ReceiveUndeliveredResponse {
        var response: Holdfast_V1_ReceiveUndeliveredResponse = try await step(
            .receiveUndelivered, request, context, reason: request.reason
        ) { validation in
            validation.text(request.reason, to: OrderRequests.textBound, "reason")
            return FulfilmentRequests.undelivered(request, &validation)
        } _: { call, goods, reply in
            try await processing.receiveUndelivered(call, goods, reply: reply)
        }
        // What is stored is whole: who takes goods in, and who repeats the call, may see more or less.
        response.step.fulfilment.limit(to: CallerContext.current.scope)
        return response
    }
}

extension Holdfast_V1_Fulfilment {
    /// Leaves out what only those see whose fulfilment it is: who takes its goods in learns which it is, where it stands, and
    /// its goods.
    fileprivate mutating func limit(to scope: Scope) {
        guard !scope.covers(location: location), collectAt.isEmpty || !scope.covers(location: collectAt) else { return }
        let whole = self
        self = .with {
            $0.fulfilmentID = whole.fulfilmentID
            $0.orderID = whole.orderID
            $0.number = whole.number
            $0.kind = whole.kind
            $0.state = whole.state
            $0.location = whole.location
            $0.lines = whole.lines
            if whole.hasReleasedAt { $0.releasedAt = whole.releasedAt }
            if whole.hasShippedAt { $0.shippedAt = whole.shippedAt }
        }
    }
}
