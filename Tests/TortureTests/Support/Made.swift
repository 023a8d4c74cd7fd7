import HoldfastAPI
import SwiftProtobuf
import Torture

/// Calls, answers and facts made by hand, as small as a check needs them.
enum Made {
    static let channel = "WEB"

    static func reserve(_ id: String, _ sku: String = "MUG", _ quantity: Int64 = 1, at location: String = "DC")
        -> Mutation
    {
        .reserve(
            .with {
                $0.reservationID = id
                $0.channel = channel
                $0.lines = [
                    .with {
                        $0.sku = sku
                        $0.location = location
                        $0.quantity = quantity
                    }
                ]
            })
    }

    static func reserved(
        _ id: String, _ sku: String = "MUG", _ quantity: Int64 = 1, at location: String = "DC",
        state: Holdfast_V1_ReservationState = .held
    ) throws -> [UInt8] {
        try Holdfast_V1_ReserveResponse.with {
            $0.reservation.reservationID = id
            $0.reservation.channel = channel
            $0.reservation.state = state
            $0.reservation.lines = [
                .with {
                    $0.sku = sku
                    $0.quantity = quantity
                    $0.allocations = [
                        .with {
                            $0.location = location
                            $0.quantity = quantity
                        }
                    ]
                }
            ]
        }.serializedBytes()
    }

    static func release(_ id: String) -> Mutation { .release(.with { $0.reservationID = id }) }

    static func released(_ state: Holdfast_V1_ReservationState) throws -> [UInt8] {
        try Holdfast_V1_ReleaseReservationResponse.with { $0.state = state }.serializedBytes()
    }

    /// An order for what a reservation holds.
    static func place(_ id: String, with reservation: String) -> Mutation {
        guard case .place(var request) = place(id) else { return place(id) }
        request.reservationID = reservation
        return .place(request)
    }

    static func place(_ id: String, quantity: Int64 = 3, units: Int64 = 1, nanos: Int32 = 5_000_000) -> Mutation {
        .place(
            .with {
                $0.orderID = id
                $0.channel = channel
                $0.externalID = id
                $0.lines = [
                    .with {
                        $0.sku = "MUG"
                        $0.location = "DC"
                        $0.quantity = quantity
                        $0.unitPrice.currencyCode = "GBP"
                        $0.unitPrice.units = units
                        $0.unitPrice.nanos = nanos
                        $0.taxes = [
                            .with {
                                $0.name = "VAT"
                                $0.amount.currencyCode = "GBP"
                                $0.amount.amountMinor = 7
                            }
                        ]
                    }
                ]
            })
    }

    static func placed(_ id: String, quantity: Int64 = 3, amount: Int64, tax: Int64 = 7) throws -> [UInt8] {
        try Holdfast_V1_PlaceOrderResponse.with {
            $0.orderID = id
            $0.subtotal.amountMinor = amount
            $0.addedTax.amountMinor = tax
            $0.total.amountMinor = amount + tax
            $0.lines = [
                .with {
                    $0.amount.amountMinor = amount
                    $0.allocations = [
                        .with {
                            $0.location = "DC"
                            $0.quantity = quantity
                        }
                    ]
                }
            ]
        }.serializedBytes()
    }

    static func receive(_ id: String, _ quantity: Int64) -> Mutation {
        .receive(
            .with {
                $0.movementID = id
                $0.lines = [
                    .with {
                        $0.sku = "MUG"
                        $0.location = "DC"
                        $0.quantity = quantity
                    }
                ]
            })
    }

    static func cancel(_ id: String, of order: String) -> Mutation {
        .cancel(
            .with {
                $0.cancellationID = id
                $0.orderID = order
            })
    }

    static func cancelled(_ quantity: Int64, sequence: Int32) throws -> [UInt8] {
        try Holdfast_V1_CancelOrderResponse.with {
            $0.sequence = sequence
            $0.lines = [
                .with {
                    $0.lineNumber = 1
                    $0.quantity = quantity
                }
            ]
        }.serializedBytes()
    }

    /// A call that took a millisecond.
    static func call(_ mutation: Mutation, _ outcome: CallOutcome, at millisecond: Int64 = 1, lasting: Int64 = 1)
        -> RecordedCall
    {
        RecordedCall(
            client: 1, server: 0, mutation: mutation, began: millisecond * 1_000_000,
            ended: (millisecond + lasting) * 1_000_000, outcome: outcome)
    }

    static let unavailable = CallOutcome.refused(
        code: "UNAVAILABLE", reason: "UNAVAILABLE", message: "nothing was applied")
    static let reused = CallOutcome.refused(code: "ALREADY_EXISTS", reason: "ID_REUSED", message: "used before")
    static let short = CallOutcome.refused(code: "FAILED_PRECONDITION", reason: "STOCK_SHORTAGE", message: "short")

    /// A reservation as it stands.
    static func standing(
        _ state: LedgerFacts.Reservation.State = .held, _ sku: String = "MUG", _ quantity: Int64 = 1,
        at location: String = "DC",
        order: String = "", expiredEarly: Bool = false
    ) -> LedgerFacts.Reservation {
        LedgerFacts.Reservation(
            state: state, channel: channel,
            lines: [(sku, quantity, [LedgerFacts.Units(location: location, quantity: quantity)])], order: order,
            expiredEarly: expiredEarly)
    }

    /// An order as it stands, of three mugs for 3.02 and some tax.
    static func order(
        _ id: String, amount: Int64 = 302, tax: Int64 = 7, allocated: Int64 = 3, delivered: Int64 = 0,
        cancelled: Int64 = 0,
        captured: Int64 = 3, reservation: String = "", events: [(sequence: Int, type: String, cause: String)]? = nil
    ) -> LedgerFacts.Order {
        LedgerFacts.Order(
            channel: channel, externalID: id,
            lines: [
                .init(
                    sku: "MUG", quantity: 3, amountMinor: amount, allocated: allocated, delivered: delivered,
                    cancelled: cancelled, captured: [.init(location: "DC", quantity: captured)])
            ], subtotalMinor: amount, addedTaxMinor: tax, reservation: reservation,
            events: events ?? [(1, "placed", id)])
    }
}
