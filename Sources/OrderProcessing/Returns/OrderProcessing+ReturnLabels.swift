import Carriers
public import Domain
import Failpoints
import Ledger
import Logging
import OrderPromising

/// A wish for a label for goods that come back, validated.
public struct ReturnLabelRequest: Sendable {
    /// The caller's id.
    public var id: EntityID
    /// The return.
    public var returnOrder: EntityID
    /// Code of the location where the goods are to go.
    public var location: String
    /// Code of the carrier; empty is the standard one.
    public var carrier: String
    /// Code of its service; empty is the cheapest.
    public var service: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(
        id: EntityID, returnOrder: EntityID, location: String, carrier: String, service: String, body: [UInt8],
        caller: Caller
    ) {
        self.id = id
        self.returnOrder = returnOrder
        self.location = location
        self.carrier = carrier
        self.service = service
        self.body = body
        self.caller = caller
    }
}

extension OrderProcessing {
    /// Most times that a label is asked for anew where the return changed meanwhile.
    private static let labelAttempts = 4

    /// Orders the label of an approved return: from the address of its order to a location.
    ///
    /// The label is recorded as wanted, then ordered, outside of every transaction, then it is the return's. A stop in between
    /// leaves the return without a label: the same call again gets the same one. A return has one label; one that was ordered
    /// beside it, or whose return was cancelled, is given back.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - encodeReply: makes the reply of the return.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal`.
    public func issueReturnLabel(
        _ request: ReturnLabelRequest, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> [UInt8] {
        for _ in 0..<OrderProcessing.labelAttempts {
            guard let order = try await ledger.returnOrder(request.returnOrder) else {
                throw Refusal.missing(.returnOrder, request.returnOrder.description, for: request.caller)
            }
            try request.caller.scope.admit(channel: order.channel)
            // For what has a label already, or cannot have one, no carrier is asked: the ledger has the answer.
            let isOpen = order.state == .approved && order.method == .mail && order.label == nil
            let label = isOpen ? try await label(for: order, request) : nil
            let change = ReturnChange(
                id: request.id, returnOrder: request.returnOrder, action: .label(label), reason: "",
                body: request.body, caller: request.caller)
            do {
                let (reply, settlement) = try await ledger.changeReturn(change, encodeReply: encodeReply)
                Failpoint.returnCommitted.pass()
                await promising.settle(settlement)
                return reply
            } catch LedgerFault.planOutdated {
                continue
            }
        }
        throw Refusal.unavailable("the return is being changed by others", retryAfterMilliseconds: 50)
    }

    /// Orders a label; nil where the return is not approved any more.
    private func label(for order: ReturnOrder, _ request: ReturnLabelRequest) async throws -> ReturnLabel? {
        guard let carrier = carriers[request.carrier] else {
            throw Refusal.invalid([
                FieldViolation("carrier", "is none of \(carriers.codes.joined(separator: ", "))")
            ])
        }
        guard let ends = try await ledger.ends(ofReturn: order.id, to: request.location) else {
            throw Refusal.notFound(.location, request.location)
        }
        guard !ends.isSupplier else {
            throw Refusal.wrongState(
                .location, request.location, state: "supplier", explanation: "suppliers take no returns")
        }
        guard ends.hasAddress else {
            throw Refusal.wrongState(
                .returnOrder, "R\(order.number)", state: "no_address",
                explanation: "its order has no address that a carrier could collect the goods at")
        }
        // Of a location no country is kept: goods go back to the country that they came to, by the carrier's rates in it.
        let shipment = CarrierShipment(
            reference: "R\(order.number)",
            sender: CarrierParty(
                name: ends.sender, lines: ends.lines, postcode: ends.postcode, country: ends.country),
            recipient: CarrierParty(
                name: ends.recipient, lines: [request.location], postcode: ends.recipientPostcode,
                country: ends.country),
            parcel: CarrierParcel(grams: min(ends.grams, CarrierParcel.bound), length: 0, width: 0, height: 0),
            service: request.service)
        let payer = order.labelPayer
        if payer == .customer {
            let offers = try await OrderProcessing.asking(carrier) { carrier throws(CarrierFailure) in
                try await carrier.quote(shipment)
            }
            let offer = offers.first { request.service.isEmpty || $0.service == request.service }
            if let price = offer?.price, price.minorUnits > 0, price.currency != order.currency {
                throw Refusal.wrongState(
                    .returnOrder, "R\(order.number)", state: "label_currency",
                    explanation: "the customer pays the label, which costs \(price.currency.code), of a refund in "
                        + "\(order.currency.code)")
            }
        }
        let wanted = WantedReturnLabel(
            returnOrder: order.id, carrier: carrier.code, askedService: request.service, location: request.location)
        guard try await ledger.want(wanted, callSeconds: OrderProcessing.carrierSeconds) else { return nil }
        Failpoint.labelWanted.pass()
        let made: CarrierLabel
        do {
            made = try await OrderProcessing.asking(carrier) { carrier throws(CarrierFailure) in
                try await carrier.ship(shipment, key: wanted.key)
            }
        } catch let refusal as Refusal {
            if case .wrongState = refusal { try await ledger.endCall(wanted) }
            throw refusal
        }
        Failpoint.labelMade.pass()
        try await ledger.keep(wanted, tracking: made.tracking)
        return ReturnLabel(
            key: wanted.key, carrier: carrier.code, service: made.service, tracking: made.tracking,
            location: request.location, cost: made.price, payer: payer, document: made.document)
    }

    /// Gives labels back that no goods come with; returns how many.
    func voidLooseReturnLabels() async throws -> Int {
        try await giveBack(
            try await ledger.claimLooseReturnLabels(limit: 20, leaseSeconds: OrderProcessing.carrierSeconds))
    }
}
