import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Stock, reservations and orders through the services")
struct TradeTests {
    /// Article A at DC and LDN-1, POST untracked, the channel web in GBP; 10 and 5 units of A.
    private func prepare(_ bench: ServiceBench, _ context: ServerContext) async throws {
        _ = try await bench.catalog.upsertProducts(
            request: .with {
                $0.requestID = testID(100).description
                $0.products = [
                    .with {
                        $0.sku = "A"
                        $0.tracked = true
                    }, .with { $0.sku = "POST" },
                ]
            }, context: context)
        _ = try await bench.catalog.upsertLocations(
            request: .with {
                $0.requestID = testID(101).description
                $0.locations = [
                    .with { $0.code = "DC" },
                    .with {
                        $0.code = "LDN-1"
                        $0.rank = 1
                    },
                ]
            }, context: context)
        _ = try await bench.inventory.receiveStock(request: receipt(102, [("DC", 10), ("LDN-1", 5)]), context: context)
    }

    private func receipt(_ id: UInt64, _ lines: [(location: String, quantity: Int64)])
        -> Holdfast_V1_ReceiveStockRequest
    {
        .with {
            $0.movementID = testID(id).description
            $0.reference = "DN-1"
            $0.lines = lines.map { line in
                .with {
                    $0.sku = "A"
                    $0.location = line.location
                    $0.quantity = line.quantity
                }
            }
        }
    }

    private func reservation(_ id: UInt64, _ quantity: Int64, at location: String = "") -> Holdfast_V1_ReserveRequest {
        .with {
            $0.reservationID = testID(id).description
            $0.channel = "web"
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.location = location
                    $0.quantity = quantity
                }
            ]
        }
    }

    private func order(_ id: UInt64, _ quantity: Int64, at location: String = "DC") -> Holdfast_V1_PlaceOrderRequest {
        .with {
            $0.orderID = testID(id).description
            $0.channel = "web"
            $0.externalID = "N\(id)"
            $0.lines = [OrderRequestsTests.line(quantity: quantity, units: 2, nanos: 550_000_000)]
            $0.lines[0].sku = "A"
            $0.lines[0].location = location
            $0.lines[0].taxes = [OrderRequestsTests.tax(20)]
        }
    }

    @Test("Every change of stock answers with the levels it left, and again the same")
    func stock() async throws {
        try await ServiceBench.with { bench, context in
            try await prepare(bench, context)
            let received = try await bench.inventory.receiveStock(
                request: receipt(1, [("LDN-1", 1), ("DC", 2), ("LDN-1", 3)]), context: context)
            #expect(received.levels.map(\.location) == ["LDN-1", "DC"])
            #expect(received.levels.map(\.onHand) == [9, 12])
            #expect(
                try await bench.inventory.receiveStock(
                    request: receipt(1, [("LDN-1", 1), ("DC", 2), ("LDN-1", 3)]), context: context) == received)

            var adjust = InventoryRequestsTests.adjust
            adjust.movementID = testID(2).description
            let adjusted = try await bench.inventory.adjustStock(request: adjust, context: context)
            #expect(adjusted.levels.map(\.onHand) == [9])
            adjust.movementID = testID(3).description
            adjust.lines[0].delta = -10
            let refused = try await status { try await bench.inventory.adjustStock(request: adjust, context: context) }
            #expect(refused.code == .failedPrecondition)

            let counted = try await bench.inventory.countStock(
                request: .with {
                    $0.movementID = testID(4).description
                    $0.lines = [
                        .with {
                            $0.sku = "A"
                            $0.location = "DC"
                            $0.counted = 7
                        }
                    ]
                }, context: context)
            #expect(counted.levels.map(\.onHand) == [7])

            let policy = try await bench.inventory.setStockPolicy(
                request: .with {
                    $0.movementID = testID(5).description
                    $0.lines = [
                        .with {
                            $0.sku = "A"
                            $0.location = "DC"
                            $0.safetyStock = 2
                        }
                    ]
                }, context: context)
            #expect(policy.levels.map(\.safetyStock) == [2])

            var transfer = InventoryRequestsTests.transfer
            transfer.movementID = testID(6).description
            let moved = try await bench.inventory.transferStock(request: transfer, context: context)
            #expect(moved.levels.map(\.location) == ["DC", "LDN-1"])
            #expect(moved.levels.map(\.onHand) == [4, 12])
            transfer.movementID = testID(7).description
            let short = try await status {
                try await bench.inventory.transferStock(request: transfer, context: context)
            }
            #expect(short.code == .failedPrecondition)
            #expect(try Details(short).shortage?.lines.map(\.available) == [2])

            let levels = try await bench.inventory.getStock(request: .with { $0.location = "DC" }, context: context)
            #expect(levels.levels.map(\.available) == [2])
            let movements = try await bench.inventory.listMovements(
                request: .with {
                    $0.sku = "A"
                    $0.location = "DC"
                    $0.pageSize = 3
                }, context: context)
            #expect(movements.movements.map(\.kind) == [.transferOut, .policy, .count])
            let token = movements.nextPageToken
            let older = try await bench.inventory.listMovements(
                request: .with {
                    $0.sku = "A"
                    $0.location = "DC"
                    $0.pageToken = token
                }, context: context)
            #expect(older.movements.map(\.kind) == [.adjustment, .receipt, .receipt])
            #expect(older.movements.map(\.reason) == ["damaged", "DN-1", "DN-1"])
            #expect(older.movements.allSatisfy { $0.hasRecordedAt })
        }
    }

    @Test("An id that received stock cannot correct it, even where the bytes are the same")
    func sameBytes() async throws {
        try await ServiceBench.with { bench, context in
            try await prepare(bench, context)
            _ = try await bench.inventory.receiveStock(request: receipt(1, [("DC", 2)]), context: context)
            let error = try await status {
                try await bench.inventory.adjustStock(
                    request: .with {
                        $0.movementID = testID(1).description
                        $0.reason = "DN-1"
                        $0.lines = [
                            .with {
                                $0.sku = "A"
                                $0.location = "DC"
                                $0.delta = 2
                            }
                        ]
                    }, context: context)
            }
            #expect(error.code == .alreadyExists)
            #expect(try Details(error).info?.metadata["method"] == "ReceiveStock")
        }
    }

    @Test("A reservation is held, extended, read and released")
    func reservations() async throws {
        try await ServiceBench.with { bench, context in
            try await prepare(bench, context)
            let held = try await bench.reservations.reserve(request: reservation(1, 4), context: context)
            #expect(held.reservation.state == .held)
            #expect(held.reservation.lines.map(\.quantity) == [4])
            #expect(held.reservation.lines[0].allocations.map(\.location) == ["DC"])
            #expect(held.reservation.expiresAt.seconds - held.reservation.createdAt.seconds == 900)
            #expect(try await bench.reservations.reserve(request: reservation(1, 4), context: context) == held)
            let differs = try await status {
                try await bench.reservations.reserve(request: reservation(1, 5), context: context)
            }
            #expect(differs.code == .alreadyExists)
            #expect(try Details(differs).info?.metadata["field"] == "lines[0].quantity")

            let extend = Holdfast_V1_ExtendReservationRequest.with {
                $0.extensionID = testID(2).description
                $0.reservationID = testID(1).description
                $0.ttl = .init(seconds: 3_600)
            }
            let extended = try await bench.reservations.extendReservation(request: extend, context: context)
            #expect(extended.expiresAt.seconds >= held.reservation.expiresAt.seconds + 2_699)
            #expect(try await bench.reservations.extendReservation(request: extend, context: context) == extended)

            let read = try await bench.reservations.getReservation(
                request: .with { $0.reservationID = testID(1).description }, context: context)
            #expect(read.reservation.expiresAt == extended.expiresAt)
            #expect(read.reservation.lines == held.reservation.lines)

            let checked = try await bench.availability.checkAvailability(
                request: .with {
                    $0.consistency = .fresh
                    $0.items = [
                        .with {
                            $0.sku = "A"
                            $0.quantity = 12
                        },
                        .with {
                            $0.sku = "A"
                            $0.location = "DC"
                            $0.quantity = 6
                        },
                        .with {
                            $0.sku = "POST"
                            $0.quantity = 3
                        },
                    ]
                }, context: context)
            #expect(checked.items.map(\.available) == [11, 6, 3])
            #expect(checked.items.map(\.sufficient) == [false, true, true])
            #expect(checked.hasAsOf)

            let terms = try await bench.availability.explainAvailability(
                request: .with { $0.sku = "A" }, context: context)
            #expect(terms.available == 11)
            #expect(terms.locations.map(\.location) == ["DC", "LDN-1"])
            #expect(terms.locations[0].heldByChannel.map(\.channel) == ["web"])

            let release = Holdfast_V1_ReleaseReservationRequest.with { $0.reservationID = testID(1).description }
            #expect(
                try await bench.reservations.releaseReservation(request: release, context: context).state == .released)
            #expect(
                try await bench.reservations.releaseReservation(request: release, context: context).state == .released)
            let ended = try await status {
                var again = extend
                again.extensionID = testID(3).description
                return try await bench.reservations.extendReservation(request: again, context: context)
            }
            #expect(ended.code == .failedPrecondition)
            #expect(try Details(ended).precondition?.violations.map(\.type) == ["RESERVATION_STATE"])
        }
    }

    @Test("What was short is told line by line")
    func shortage() async throws {
        try await ServiceBench.with { bench, context in
            try await prepare(bench, context)
            let error = try await status {
                try await bench.reservations.reserve(request: reservation(1, 11), context: context)
            }
            #expect(error.code == .failedPrecondition)
            let line = try #require(try Details(error).shortage?.lines.first)
            #expect((line.lineIndex, line.sku, line.location, line.wanted, line.available) == (0, "A", "", 11, 10))
        }
    }

    @Test("Names that nobody knows are told by field or as not found")
    func unknownNames() async throws {
        try await ServiceBench.with { bench, context in
            try await prepare(bench, context)
            var request = reservation(1, 1, at: "Mars")
            request.lines.append(request.lines[0])
            request.lines[1].sku = "B"
            request.lines[1].location = ""
            let wrong = request
            let error = try await status {
                try await bench.reservations.reserve(request: wrong, context: context)
            }
            #expect(error.code == .invalidArgument)
            #expect(try Details(error).badRequest?.violations.map(\.field) == ["lines[0].location", "lines[1].sku"])
            let missing = try await status {
                try await bench.reservations.getReservation(
                    request: .with { $0.reservationID = testID(9).description }, context: context)
            }
            #expect(missing.code == .notFound)
            let order = try await status {
                try await bench.orders.getOrder(request: .with { $0.orderID = testID(9).description }, context: context)
            }
            #expect(order.code == .notFound)
        }
    }

    @Test("An order is captured, read, listed and cancelled; each call again gives the same answer")
    func orders() async throws {
        try await ServiceBench.with { bench, context in
            try await prepare(bench, context)
            _ = try await bench.reservations.reserve(request: reservation(1, 2, at: "DC"), context: context)
            var request = order(2, 3)
            request.reservationID = testID(1).description
            request.customer.customerID = "17850"
            request.orderedAt = .init(seconds: 1_291_190_760)
            let sent = request
            let placed = try await bench.orders.placeOrder(request: sent, context: context)
            #expect(placed.orderID == testID(2).description)
            #expect((placed.subtotal.amountMinor, placed.addedTax.amountMinor) == (765, 20))
            #expect(placed.total == .with { ($0.currencyCode, $0.amountMinor) = ("GBP", 785) })
            #expect(placed.lines[0].allocations.map(\.quantity).reduce(0, +) == 3)

            let read = try await bench.orders.getOrder(
                request: .with {
                    $0.channel = "web"
                    $0.externalID = "N2"
                }, context: context
            ).order
            #expect(read.status == .open)
            #expect(read.reservationID == testID(1).description)
            #expect(read.customer.customerID == "17850")
            #expect(read.orderedAt == sent.orderedAt)
            #expect(read.lines[0].unitPrice == sent.lines[0].unitPrice)
            #expect(read.lines[0].taxes == sent.lines[0].taxes)
            #expect(read.lines[0].quantities.map(\.status) == [.allocated])
            #expect(read.events.map(\.type) == ["placed"])

            let cancel = Holdfast_V1_CancelOrderRequest.with {
                $0.cancellationID = testID(3).description
                $0.orderID = testID(2).description
                $0.lines = [
                    .with {
                        $0.lineNumber = 1
                        $0.quantity = 2
                    }
                ]
            }
            let cancelled = try await bench.orders.cancelOrder(request: cancel, context: context)
            #expect(cancelled.status == .open)
            #expect(cancelled.sequence == 2)
            #expect(cancelled.lines.map(\.quantity) == [2])
            #expect(cancelled.lines.map(\.amount.amountMinor) == [510])
            #expect(try await bench.orders.cancelOrder(request: cancel, context: context) == cancelled)
            #expect(try await bench.orders.placeOrder(request: sent, context: context) == placed)

            let tooMany = try await status {
                var more = cancel
                more.cancellationID = testID(4).description
                return try await bench.orders.cancelOrder(request: more, context: context)
            }
            #expect(tooMany.code == .failedPrecondition)
            #expect(try Details(tooMany).precondition?.violations.map(\.type) == ["ORDER_LINE_STATE"])

            _ = try await bench.orders.placeOrder(request: order(5, 1), context: context)
            let first = try await bench.orders.listOrders(
                request: .with {
                    $0.channel = "web"
                    $0.pageSize = 1
                }, context: context)
            #expect(first.orders.map(\.externalID) == ["N5"])
            #expect(first.orders.allSatisfy { $0.lines.isEmpty && $0.events.isEmpty })
            let token = first.nextPageToken
            let second = try await bench.orders.listOrders(
                request: .with {
                    $0.channel = "web"
                    $0.pageToken = token
                }, context: context)
            #expect(second.orders.map(\.externalID) == ["N2"])
            #expect(second.nextPageToken == "")
        }
    }

    @Test("A channel's number stands once; the refusal names the order that has it")
    func externalID() async throws {
        try await ServiceBench.with { bench, context in
            try await prepare(bench, context)
            _ = try await bench.orders.placeOrder(request: order(1, 1), context: context)
            var other = order(2, 1)
            other.externalID = "N1"
            let sent = other
            let error = try await status { try await bench.orders.placeOrder(request: sent, context: context) }
            #expect(error.code == .alreadyExists)
            #expect(try Details(error).info?.metadata["order_id"] == testID(1).description)
            var changed = order(1, 2)
            changed.externalID = "N1"
            let again = changed
            let differs = try await status { try await bench.orders.placeOrder(request: again, context: context) }
            #expect(differs.code == .alreadyExists)
            #expect(try Details(differs).info?.metadata["field"] == "lines[0].quantity")
        }
    }

    @Test("An order in another currency than its channel's is refused at that field")
    func currency() async throws {
        try await ServiceBench.with { bench, context in
            try await prepare(bench, context)
            var request = order(1, 1)
            request.lines[0].unitPrice.currencyCode = "EUR"
            request.lines[0].taxes = []
            let sent = request
            let error = try await status { try await bench.orders.placeOrder(request: sent, context: context) }
            #expect(error.code == .invalidArgument)
            #expect(
                try Details(error).badRequest?.violations.map(\.field) == ["lines[0].unit_price.currency_code"])
            request.currencyCode = "EUR"
            let named = request
            let other = try await status { try await bench.orders.placeOrder(request: named, context: context) }
            #expect(other.code == .invalidArgument)
            #expect(try Details(other).badRequest?.violations.map(\.field) == ["currency_code"])
        }
    }

    @Test("Goods in hand must say where they were, untracked lines need not")
    func goodsInHand() async throws {
        try await ServiceBench.with { bench, context in
            try await prepare(bench, context)
            var request = order(1, 11)
            request.goodsInHand = true
            request.lines.append(OrderRequestsTests.line(quantity: 1, units: 3, nanos: 0))
            request.lines[1].sku = "POST"
            let sale = request
            let placed = try await bench.orders.placeOrder(request: sale, context: context)
            #expect(placed.shortage == 1)
            let read = try await bench.orders.getOrder(
                request: .with { $0.orderID = testID(1).description }, context: context
            ).order
            #expect(read.status == .delivered)
            #expect(read.goodsInHand)
            var nowhere = order(2, 1, at: "")
            nowhere.goodsInHand = true
            let sent = nowhere
            let error = try await status { try await bench.orders.placeOrder(request: sent, context: context) }
            #expect(error.code == .invalidArgument)
            #expect(try Details(error).badRequest?.violations.map(\.field) == ["lines[0].location"])
        }
    }
}
