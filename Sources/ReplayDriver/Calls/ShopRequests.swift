import HoldfastAPI
import Replay
import SwiftProtobuf

/// Turns what the plan says into requests; the same plan always gives the same requests.
enum ShopRequests {
    static func receipt(_ receipt: GoodsReceipt) -> Holdfast_V1_ReceiveStockRequest {
        .with {
            $0.movementID = receipt.id.description
            $0.reference = receipt.reference
            $0.lines = receipt.lines.map { line in
                .with {
                    $0.sku = line.sku
                    $0.location = ShopNames.location
                    $0.quantity = line.quantity
                }
            }
        }
    }

    static func correction(_ correction: StockCorrection) -> Holdfast_V1_AdjustStockRequest {
        .with {
            $0.movementID = correction.id.description
            $0.reason = PlainText.of(correction.reason)
            $0.lines = correction.lines.map { line in
                .with {
                    $0.sku = line.sku
                    $0.location = ShopNames.location
                    $0.delta = line.delta
                }
            }
        }
    }

    static func availability(
        _ demand: some Sequence<OrderFill.Demand>, fresh: Bool
    ) -> Holdfast_V1_CheckAvailabilityRequest {
        .with {
            $0.consistency = fresh ? .fresh : .cached
            $0.items = demand.map { item in
                .with {
                    $0.sku = item.sku
                    $0.location = ShopNames.location
                    $0.quantity = item.quantity
                }
            }
        }
    }

    static func reservation(id: ReplayID, of demand: [OrderFill.Demand]) -> Holdfast_V1_ReserveRequest {
        .with {
            $0.reservationID = id.description
            $0.channel = ShopNames.channel
            $0.lines = demand.map { item in
                .with {
                    $0.sku = item.sku
                    $0.location = ShopNames.location
                    $0.quantity = item.quantity
                }
            }
        }
    }

    static func order(
        _ order: InvoiceOrder, lines kept: [Int], reservation: ReplayID?
    ) -> Holdfast_V1_PlaceOrderRequest {
        .with {
            $0.orderID = order.id.description
            $0.channel = ShopNames.channel
            $0.externalID = order.invoice
            $0.reservationID = reservation?.description ?? ""
            $0.currencyCode = ShopNames.currency
            $0.customer = .with {
                $0.customerID = order.customer ?? ""
                $0.country = PlainText.of(order.country)
            }
            $0.orderedAt = .with { $0.seconds = BritishTime.secondsUTC(of: order.placedAt) }
            $0.lines = kept.map { line(order.lines[$0]) }
        }
    }

    private static func line(_ line: InvoiceOrder.Line) -> Holdfast_V1_PlaceOrderRequest.Line {
        .with {
            $0.sku = line.sku
            $0.location = line.isGoods ? ShopNames.location : ""
            $0.quantity = line.quantity
            $0.description_p = PlainText.of(line.description)
            $0.unitPrice = .with {
                $0.currencyCode = ShopNames.currency
                $0.units = line.unitPrice.units
                $0.nanos = line.unitPrice.nanos
            }
        }
    }

    static func cancellation(
        _ cancellation: OrderCancellation, lines: [CancellationFill.Line]
    ) -> Holdfast_V1_CancelOrderRequest {
        .with {
            $0.cancellationID = cancellation.id.description
            $0.orderID = cancellation.orderID.description
            $0.reason = "cancelled by \(cancellation.invoice)"
            $0.lines = lines.map { line in
                .with {
                    $0.lineNumber = line.number
                    $0.quantity = line.quantity
                }
            }
        }
    }
}
