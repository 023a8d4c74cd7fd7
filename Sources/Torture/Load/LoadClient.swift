import GRPCCore
import HoldfastAPI
import NIOCore
import SwiftProtobuf

/// One client: it makes one call after the other, repeats those whose outcome it does not know, and records them all.
struct LoadClient: Sendable {
    let number: Int
    let connections: [LoadConnection]
    let history: History
    let gate: LoadGate
    let shelf: Shelf
    let counters: LoadCounters
    let callTimeout: TimeAmount

    /// How often one change is tried before it is given up, its outcome then staying open.
    private static let attempts = 60

    /// Trades until the gate says that it is over.
    func run(_ mix: LoadMix) async {
        var mix = mix
        while !gate.isOver && !Task.isCancelled {
            switch mix.next() {
            case .change(let mutation):
                let outcome = await settle(mutation, using: &mix)
                remember(mutation, outcome, using: &mix)
            case .duplicate(let mutation, let copies):
                await withTaskGroup(of: Void.self) { group in
                    for copy in 0..<copies {
                        let server = (number + copy) % connections.count
                        group.addTask { _ = await self.call(mutation, on: server) }
                    }
                }
                let outcome = await settle(mutation, using: &mix)
                remember(mutation, outcome, using: &mix)
            case .race(let contenders):
                await withTaskGroup(of: Void.self) { group in
                    for (place, contender) in contenders.enumerated() {
                        let server = (number + place) % connections.count
                        group.addTask { _ = await self.call(contender, on: server) }
                    }
                }
                for contender in contenders { _ = await settle(contender, using: &mix) }
            case .reuse(let mutation, let other):
                let outcome = await settle(mutation, using: &mix)
                _ = await call(other, on: mix.drawing { Int.random(in: 0..<connections.count, using: &$0) })
                // The other request may stand instead; what is known of this one is in its own outcome.
                remember(mutation, outcome, using: &mix)
            case .availability(let skus, let fresh): await ask(skus, fresh: fresh, using: &mix)
            case .look(let key): await look(key, using: &mix)
            }
        }
    }

    /// Repeats a change until its outcome is known, the load is over, or patience is.
    private func settle(_ mutation: Mutation, using mix: inout LoadMix) async -> CallOutcome {
        var outcome = CallOutcome.unknown("not tried")
        for attempt in 0..<Self.attempts {
            let server = mix.drawing { Int.random(in: 0..<connections.count, using: &$0) }
            guard let made = await call(mutation, on: server) else { return outcome }
            outcome = made
            guard outcome.isForNow else { return outcome }
            // Some callers never come back, as a till that is switched off.
            if mix.drawing({ $0.chance(4) }) { return outcome }
            let pause = min(400, 20 << min(attempt, 5))
            let wait = mix.drawing { Int.random(in: pause / 2...pause, using: &$0) }
            do { try await Task.sleep(for: .milliseconds(wait)) } catch { return outcome }
        }
        return outcome
    }

    /// Makes a call and records it; nil where the load is over.
    private func call(_ mutation: Mutation, on server: Int) async -> CallOutcome? {
        guard await gate.enter() else { return nil }
        defer { gate.leave() }
        return await made(mutation, on: server)
    }

    /// Makes a call and records it, whatever the gate says.
    func made(_ mutation: Mutation, on server: Int) async -> CallOutcome {
        let message: [UInt8]
        do {
            message = try mutation.serialized()
        } catch {
            preconditionFailure("a request of ours cannot be serialized: \(error)")
        }
        let began = history.now
        let result = await connections[server].call(
            service: mutation.service, method: mutation.method, message: message, timeout: callTimeout)
        let outcome: CallOutcome =
            switch result {
            case .success(let reply): .done(reply)
            case .failure(let error): CallOutcome(error)
            }
        let ended = history.now
        history.record(
            RecordedCall(
                client: number, server: server, mutation: mutation, began: began, ended: ended, outcome: outcome))
        counters.count(mutation, outcome, began: began, ended: ended)
        return outcome
    }

    private func remember(_ mutation: Mutation, _ outcome: CallOutcome, using mix: inout LoadMix) {
        guard case .done(let reply) = outcome else { return }
        switch mutation {
        case .reserve(let request):
            let reservation = Shelf.Reservation(
                id: request.reservationID, channel: request.channel,
                lines: request.lines.map { ($0.sku, $0.location, $0.quantity) })
            mix.drawing { shelf.put(reservation, using: &$0) }
        case .place(let request) where !request.goodsInHand:
            let order = Shelf.Order(
                id: request.orderID, channel: request.channel, lines: request.lines.map(\.quantity))
            mix.drawing { shelf.put(order, using: &$0) }
        case .place(let request):
            let lines = request.lines.enumerated().map { (number: Int32($0 + 1), sku: $1.sku, quantity: $1.quantity) }
            let delivered = Shelf.Delivered(order: request.orderID, lines: lines)
            mix.drawing {
                shelf.put(delivered, using: &$0)
                shelf.put(sold: request.orderID, using: &$0)
            }
        case .life(let call): remember(call, reply, using: &mix)
        default: break
        }
    }

    private func remember(_ call: LifeCall, _ reply: [UInt8], using mix: inout LoadMix) {
        do {
            for fulfilment in try call.fulfilments(in: reply) {
                let lines = fulfilment.lines.filter { $0.open > 0 }
                switch fulfilment.state {
                case "released", "picking", "picked", "packed", "shipped":
                    let parcel = Shelf.Parcel(
                        id: fulfilment.fulfilmentID, order: fulfilment.orderID, state: fulfilment.state,
                        lines: lines.map { ($0.lineNumber, $0.sku, $0.open) })
                    mix.drawing { shelf.put(parcel, using: &$0) }
                case "delivered":
                    let delivered = Shelf.Delivered(
                        order: fulfilment.orderID, lines: lines.map { ($0.lineNumber, $0.sku, $0.open) })
                    mix.drawing { shelf.put(delivered, using: &$0) }
                case "declined":
                    let order = Shelf.Order(id: fulfilment.orderID, channel: "", lines: [])
                    mix.drawing { shelf.put(order, using: &$0) }
                case "lost", "returned": mix.drawing { shelf.put(due: fulfilment.orderID, using: &$0) }
                default: break
                }
            }
            if let returned = try call.returned(in: reply) {
                let coming = Shelf.Coming(
                    id: returned.returnID, state: returned.state,
                    needsLabel: returned.method == .mail && !returned.hasLabel,
                    isWhole: !returned.hasExchange && !returned.hasRefundedAhead,
                    lines: returned.lines.map { ($0.lineNumber, $0.sku, $0.quantity, $0.received) })
                mix.drawing { shelf.put(coming, using: &$0) }
                if returned.state == .decided { mix.drawing { shelf.put(due: returned.orderID, using: &$0) } }
            }
        } catch {
            // An answer that cannot be read is found by the check of what was acknowledged.
            return
        }
        switch call {
        case .tender(let request): mix.drawing { shelf.put(paid: request.orderID, using: &$0) }
        case .exchange(let request):
            // The new order goes on as any other, and has a tender from the start.
            let order = Shelf.Order(id: request.exchangeID, channel: "", lines: request.lines.map(\.quantity))
            mix.drawing {
                shelf.put(order, using: &$0)
                shelf.put(paid: order.id, using: &$0)
            }
        default: break
        }
    }

    // MARK: - Reading

    private func ask(_ skus: [String], fresh: Bool, using mix: inout LoadMix) async {
        let request = Holdfast_V1_CheckAvailabilityRequest.with { request in
            request.consistency = fresh ? .fresh : .cached
            request.items = skus.map { sku in
                .with {
                    $0.sku = sku
                    $0.quantity = 1
                }
            }
        }
        let server = mix.drawing { Int.random(in: 0..<connections.count, using: &$0) }
        guard await gate.enter() else { return }
        defer { gate.leave() }
        let result = await read("AvailabilityService", "CheckAvailability", request, on: server)
        guard case .success(let reply) = result else {
            counters.countRead(succeeded: false)
            return
        }
        counters.countRead(succeeded: true)
        let flaw: String?
        do {
            flaw = FigureCheck.flaw(in: try .init(serializedBytes: reply), to: request)
        } catch {
            flaw = "the answer cannot be read: \(error)"
        }
        if let flaw { history.record(WrongFigure(server: server, seen: history.now, flaw: flaw)) }
    }

    private func look(_ key: Mutation.Key, using mix: inout LoadMix) async {
        let server = mix.drawing { Int.random(in: 0..<connections.count, using: &$0) }
        guard await gate.enter() else { return }
        defer { gate.leave() }
        let began = history.now
        let outcome: CallOutcome
        switch key.space {
        case .reservation:
            outcome = await answer(
                "ReservationService", "GetReservation",
                Holdfast_V1_GetReservationRequest.with { $0.reservationID = key.id }, on: server)
        case .order:
            outcome = await answer(
                "OrderService", "GetOrder", Holdfast_V1_GetOrderRequest.with { $0.orderID = key.id }, on: server)
        default: return
        }
        let finding: RecordedRead.Finding
        switch outcome {
        case .done: finding = .found
        case .refused(code: "NOT_FOUND", _, _): finding = .missing
        case .refused, .unknown:
            counters.countRead(succeeded: false)
            return
        }
        counters.countRead(succeeded: true)
        history.record(
            RecordedRead(
                client: number, server: server, key: key, began: began, ended: history.now, finding: finding))
    }

    private func answer(
        _ service: String, _ method: String, _ request: some Message, on server: Int
    ) async -> CallOutcome {
        switch await read(service, method, request, on: server) {
        case .success(let reply): .done(reply)
        case .failure(let error): CallOutcome(error)
        }
    }

    private func read(
        _ service: String, _ method: String, _ request: some Message, on server: Int
    ) async -> Result<[UInt8], RPCError> {
        let message: [UInt8]
        do {
            message = try request.serializedBytes()
        } catch {
            preconditionFailure("a request of ours cannot be serialized: \(error)")
        }
        return await connections[server].call(
            service: "holdfast.v1.\(service)", method: method, message: message, timeout: callTimeout)
    }
}
