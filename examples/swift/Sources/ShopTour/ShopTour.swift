import GRPCCore
import HoldfastAPI
public import HoldfastClient
import SwiftProtobuf

/// The way of a sale through Holdfast, with codes of its own, so that it can be gone again on the same server.
public struct ShopTour: Sendable {
    /// What the tour saw.
    public struct Report: Hashable, Sendable {
        /// Units of the mug that could be promised after the delivery.
        public var availableAfterDelivery: Int64 = 0
        /// Units that could be promised while two were reserved.
        public var availableWhileReserved: Int64 = 0
        /// Whether the repeated reservation gave the same answer and took nothing more.
        public var repetitionWasTheSame = false
        /// What was wanted and what there was, where stock did not suffice.
        public var shortage: [String] = []
        /// Total of the order in minor units.
        public var total: Int64 = 0
        /// Status of the order in the end.
        public var status = ""
        /// Kinds of the movements of the mug at the shop, the oldest first.
        public var movements: [String] = []
    }

    private let client: HoldfastClient
    private let mug: String
    private let shop: String
    private let channel: String
    private let say: @Sendable (String) -> Void

    /// Prepares a tour; `say` is told each step.
    public init(_ client: HoldfastClient, say: @escaping @Sendable (String) -> Void = { _ in }) {
        self.client = client
        self.say = say
        let mark = String(UInt32.random(in: .min ... .max), radix: 36, uppercase: true)
        mug = "MUG-\(mark)"
        shop = "SHOP-\(mark)"
        channel = "WEB-\(mark)"
    }

    /// Goes the tour.
    ///
    /// - Returns: What it saw.
    /// - Throws: The error of a call that should have succeeded, or `TourError`.
    public func run() async throws -> Report {
        var report = Report()
        try await openShop()
        try await receive(5)
        report.availableAfterDelivery = try await available()
        let reservation = try await reserve(&report)
        report.shortage = try await askForTooMuch()
        try await order(reservation, &report)
        report.movements = try await movements()
        return report
    }

    private func openShop() async throws {
        _ = try await client.catalog.upsertLocations(
            .with {
                $0.requestID = freshID()
                $0.locations = [
                    .with {
                        $0.code = shop
                        $0.name = "Shop"
                        $0.kind = .store
                        $0.timeZone = "Europe/London"
                    }
                ]
            })
        _ = try await client.catalog.upsertChannels(
            .with {
                $0.requestID = freshID()
                $0.channels = [
                    .with {
                        $0.code = channel
                        $0.name = "Web shop"
                        $0.currencyCode = "GBP"
                    }
                ]
            })
        let products = try await client.catalog.upsertProducts(
            .with {
                $0.requestID = freshID()
                $0.products = [
                    .with {
                        $0.sku = mug
                        $0.name = "Mug"
                        $0.tracked = true
                    }
                ]
            })
        say("catalogue: \(products.created) product, the shop \(shop) and the channel \(channel)")
    }

    private func receive(_ quantity: Int64) async throws {
        let reply = try await client.inventory.receiveStock(
            .with {
                $0.movementID = freshID()
                $0.reference = "DN-1"
                $0.lines = [
                    .with {
                        $0.sku = mug
                        $0.location = shop
                        $0.quantity = quantity
                    }
                ]
            })
        say("received: \(reply.levels.first?.onHand ?? 0) on hand")
    }

    private func available() async throws -> Int64 {
        let reply = try await client.availability.checkAvailability(
            .with {
                $0.items = [
                    .with {
                        $0.sku = mug
                        $0.location = shop
                        $0.quantity = 1
                    }
                ]
                $0.consistency = .fresh
            })
        let available = reply.items.first?.available ?? 0
        say("available: \(available)")
        return available
    }

    private func reserve(_ report: inout Report) async throws -> String {
        let request = reservation(of: 2)
        let first = try await client.reservations.reserve(request)
        say("reserved: 2 until \(first.reservation.expiresAt.seconds)")
        // The same id again is the same reservation: what a client does that has lost an answer.
        let second = try await client.reservations.reserve(request)
        report.availableWhileReserved = try await available()
        report.repetitionWasTheSame = first == second
        return request.reservationID
    }

    private func askForTooMuch() async throws -> [String] {
        do {
            _ = try await client.reservations.reserve(reservation(of: 9))
            throw TourError("nine mugs were reserved where five are")
        } catch let failure as RPCError where failure.code == .failedPrecondition {
            let error = HoldfastError(failure)
            say("refused: \(error)")
            return error.shortage.map { "\($0.available) of \($0.wanted)" }
        }
    }

    private func order(_ reservation: String, _ report: inout Report) async throws {
        let id = freshID()
        let placed = try await client.orders.placeOrder(
            .with {
                $0.orderID = id
                $0.channel = channel
                $0.externalID = "W-1"
                $0.reservationID = reservation
                $0.lines = [
                    .with {
                        $0.sku = mug
                        $0.location = shop
                        $0.quantity = 2
                        $0.unitPrice = .with { price in
                            price.currencyCode = "GBP"
                            price.units = 7
                            price.nanos = 500_000_000
                        }
                    }
                ]
            })
        report.total = placed.total.amountMinor
        say("placed: \(placed.total.amountMinor) \(placed.total.currencyCode) minor units")
        let found = try await client.orders.getOrder(.with { $0.orderID = id })
        say("order: \(found.order.status)")
        _ = try await client.orders.cancelOrder(
            .with {
                $0.cancellationID = freshID()
                $0.orderID = id
                $0.reason = "changed my mind"
            })
        report.status = "\(try await client.orders.getOrder(.with { $0.orderID = id }).order.status)"
        say("cancelled: \(report.status)")
    }

    private func movements() async throws -> [String] {
        let reply = try await client.inventory.listMovements(
            .with {
                $0.sku = mug
                $0.location = shop
            })
        let kinds = reply.movements.sorted { $0.sequence < $1.sequence }.map { "\($0.kind)" }
        say("movements: \(kinds.joined(separator: ", "))")
        return kinds
    }

    private func reservation(of quantity: Int64) -> Holdfast_V1_ReserveRequest {
        .with {
            $0.reservationID = freshID()
            $0.channel = channel
            $0.lines = [
                .with {
                    $0.sku = mug
                    $0.location = shop
                    $0.quantity = quantity
                }
            ]
        }
    }
}

/// Why the tour cannot be right.
public struct TourError: Error, CustomStringConvertible {
    /// What happened.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A UUID, made where the wish arises and sent with every repetition of it.
private func freshID() -> String {
    func digits(_ count: Int) -> String {
        (0..<count).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }.joined()
    }
    return "\(digits(8))-\(digits(4))-4\(digits(3))-8\(digits(3))-\(digits(12))"
}
