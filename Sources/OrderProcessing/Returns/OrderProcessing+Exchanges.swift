public import Domain
import Failpoints
import Ledger
import Logging
public import NIOCore
import OrderPromising

extension OrderProcessing {
    /// How long an exchange may be without its order before another server goes on with it.
    static let exchangePatienceSeconds: Int32 = 60
    /// Most exchanges that are gone on with in one pass.
    static let exchangePortion: Int32 = 20

    /// Sends other goods for those of a return: an order that sets them aside at once, and is settled against the refund.
    ///
    /// First the wish is written down, then the new order is placed under the id of the exchange, then the return is told. A
    /// crash between two of these is gone on with by whoever repeats the call, and else by ``resumeExchanges()``: the order's
    /// id makes it one order.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - deadline: until when to wait for admission.
    ///   - encodeReply: makes the reply of the return.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal`: what placing an order is refused with; the exchange is given up then, and the id is used.
    public func exchangeReturn(
        _ request: ExchangeRequest, deadline: NIODeadline,
        encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> [UInt8] {
        let exchange = try await ledger.beginExchange(request)
        Failpoint.exchangeAsked.pass()
        let reply = try await finish(exchange, deadline: deadline, encodeReply: encodeReply)
        guard reply.isEmpty, let made = try await ledger.returnOrder(request.returnOrder) else { return reply }
        // Another server went on with it, and had nobody to answer.
        return try encodeReply(made)
    }

    /// Places the order of an exchange and tells its return.
    private func finish(
        _ exchange: StandingExchange, deadline: NIODeadline,
        encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> [UInt8] {
        if exchange.state == .givenUp {
            // Its order may have been placed by somebody who died then.
            guard exchange.orderStands else { throw exchange.isGivenUp }
        } else {
            do {
                _ = try await promising.place(order(for: exchange), deadline: deadline)
            } catch let refusal as Refusal where refusal.isFinal {
                // Whoever makes the same call at once may have had more luck.
                guard try await !ledger.giveUpExchange(exchange) else { throw refusal }
            } catch let refusal as Refusal {
                // The wish stands and is gone on with.
                throw Refusal.outcomeUnknown("the exchange is written down and its order is not placed yet: \(refusal)")
            }
            Failpoint.exchangePlaced.pass()
        }
        do {
            return try await ledger.endExchange(exchange, encodeReply: encodeReply)
        } catch is SupersededExchange {
            try await callOff(exchange)
            throw exchange.isGivenUp
        }
    }

    /// Cancels what can be cancelled of the order of an exchange that was given up before it was placed, and whose place is taken.
    ///
    /// Goods that were released by then are for people to stop: they are told once, and the order is not looked for any more.
    private func callOff(_ exchange: StandingExchange) async throws {
        let request = exchange.request
        do {
            _ = try await promising.cancel(
                CancellationRequest(
                    id: request.id.named("called off"), order: request.id, lines: [],
                    reason: "its exchange was given up", body: request.body, caller: .system)
            ) { _ in [] }
        } catch let refusal as Refusal where refusal.isFinal {
            // Somebody cancelled it already, or all of its goods are on their way.
            logger.debug(
                "nothing is open of the order of an exchange that was given up",
                metadata: ["order_id": "\(request.id)", "error": "\(refusal)"])
        }
        guard try await ledger.noteCalledOff(exchange) else { return }
        logger.error(
            "goods of an exchange that was given up are on their way: somebody must stop them or let them go",
            metadata: ["order_id": "\(request.id)", "return": "R\(exchange.number)"])
    }

    /// The new order, the same at every attempt.
    func order(for exchange: StandingExchange) -> OrderRequest {
        let request = exchange.request
        return OrderRequest(
            id: request.id, channel: exchange.channel, externalID: "exchange \(request.id)", reservation: nil,
            customer: exchange.customer,
            lines: request.lines.map { line in
                OrderRequest.Line(
                    demand: Demand(
                        sku: line.sku, location: line.location, quantity: line.quantity,
                        allowSplit: line.location.isEmpty),
                    unitPrice: line.unitPrice, amount: Money(line.amountMinor, request.currency), taxes: [],
                    description: "")
            }, goodsInHand: false, orderedAt: nil, currency: request.currency, subtotal: request.totalMinor,
            addedTax: 0, body: request.body, caller: request.caller, delivery: exchange.delivery)
    }

    /// Goes on with exchanges that somebody began and did not end.
    var exchangeResumption: RecurringWork {
        RecurringWork(name: "exchanges", interval: .seconds(15)) { try await self.resumeExchanges() }
    }

    /// Goes on with exchanges that are without their order for too long.
    ///
    /// - Parameter seconds: how long that is.
    /// - Returns: how many have moved; one that stays as it was is looked at again after a rest.
    /// - Throws: `Refusal` where a store is away.
    func resumeExchanges(afterSeconds seconds: Int32 = OrderProcessing.exchangePatienceSeconds) async throws -> Int {
        var moved = 0
        for id in try await ledger.askedExchanges(afterSeconds: seconds, limit: Self.exchangePortion) {
            guard let exchange = try await ledger.exchange(id, caller: .system) else { continue }
            do {
                _ = try await finish(exchange, deadline: .now() + .seconds(10)) { _ in [] }
                moved += 1
            } catch let refusal as Refusal where refusal.isFinal {
                let after = try await ledger.exchange(id, caller: .system)
                if after?.state != exchange.state || after?.orderStands != exchange.orderStands {
                    moved += 1
                } else if exchange.state == .asked {
                    logger.warning(
                        "an exchange has to wait", metadata: ["exchange_id": "\(id)", "error": "\(refusal)"])
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("an exchange has to wait", metadata: ["exchange_id": "\(id)", "error": "\(error)"])
            }
        }
        return moved
    }
}

extension StandingExchange {
    /// What is told of one that was given up.
    fileprivate var isGivenUp: Refusal {
        .wrongState(
            .returnOrder, "R\(number)", state: ExchangeState.givenUp.word,
            explanation: "this exchange could not be made: ask for another one under another id")
    }
}

extension Refusal {
    /// Whether the same request would be refused again: nothing is away, busy, or not known.
    fileprivate var isFinal: Bool {
        switch self {
        case .unavailable, .outcomeUnknown, .exhausted, .deadlineExceeded: false
        default: true
        }
    }
}
