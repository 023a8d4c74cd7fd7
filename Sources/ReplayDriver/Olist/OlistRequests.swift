import HoldfastAPI
import Replay
import SwiftProtobuf

/// Turns a plan of the Olist layout into requests; the same plan always gives the same requests.
enum OlistRequests {
    /// Code of the channel that every order comes through.
    static let channel = "olist"
    /// The currency of all prices.
    static let currency = "BRL"
    /// The country of all addresses.
    static let country = "BR"
    /// Name of the sourcing configuration.
    static let sourcing = "olist-replay"

    /// The files' clocks have no zone: they are taken to be Brasília's without daylight saving time, three hours behind UTC.
    static func secondsUTC(of moment: WallClock) -> Int64 { moment.seconds + 3 * 3_600 }

    static func money(_ hundredths: Int64) -> Holdfast_V1_Money {
        .with {
            $0.currencyCode = currency
            $0.amountMinor = hundredths
        }
    }

    static func order(_ sale: OlistSale) -> Holdfast_V1_PlaceOrderRequest {
        let customer = sale.order.customer
        return .with {
            $0.orderID = sale.id.description
            $0.channel = channel
            $0.externalID = sale.order.id
            $0.currencyCode = currency
            $0.customer = .with {
                $0.customerID = customer.person
                $0.country = country
            }
            $0.orderedAt = .with { $0.seconds = secondsUTC(of: sale.order.purchasedAt) }
            $0.delivery = .with {
                $0.method = .ship
                $0.shipTo = .with {
                    $0.name = customer.person
                    $0.city = PlainText.of(customer.city)
                    $0.region = customer.state
                    $0.postcode = customer.postcode
                    $0.country = country
                    if let point = sale.point {
                        $0.latitude = Double(point.latitude) / 1_000_000
                        $0.longitude = Double(point.longitude) / 1_000_000
                    }
                }
            }
            $0.lines = sale.lines.map { line in
                .with {
                    $0.sku = line.sku
                    $0.location = line.seller ?? ""
                    $0.allowSplit = line.isGoods && line.seller == nil
                    $0.quantity = line.quantity
                    $0.unitPrice = .with {
                        $0.currencyCode = currency
                        $0.units = line.price / 100
                        $0.nanos = Int32(line.price % 100) * 10_000_000
                    }
                }
            }
        }
    }

    /// What has to be issued before a voucher can be a tender: as much store credit.
    static func issue(_ tender: OlistSale.Tender, to person: String) -> Holdfast_V1_IssueStoredValueRequest {
        .with {
            $0.issueID = ReplayID(.tender, "issue/\(tender.id)").description
            $0.kind = .storeCredit
            $0.customerID = person
            $0.amount = money(tender.amount)
            $0.reason = "voucher"
        }
    }

    static func tender(_ tender: OlistSale.Tender, of sale: OlistSale) -> Holdfast_V1_AddTenderRequest {
        .with {
            $0.tenderID = tender.id.description
            $0.orderID = sale.id.description
            $0.amount = money(tender.amount)
            $0.label = tender.kind?.rawValue ?? "difference"
            $0.kind =
                switch tender.kind {
                case .creditCard, .debitCard: .terminal
                case .voucher: .storeCredit
                case .boleto, .other, nil: .cash
                }
        }
    }

    static func receipt(_ receipt: OlistPlan.Receipt) -> Holdfast_V1_ReceiveStockRequest {
        .with {
            $0.movementID = receipt.id.description
            $0.reference = receipt.reference
            $0.lines = receipt.lines.map { line in
                .with {
                    $0.sku = line.sku
                    $0.location = line.seller
                    $0.quantity = line.quantity
                }
            }
        }
    }

    static func location(_ seller: OlistSeller) -> Holdfast_V1_Location {
        .with {
            $0.code = seller.id
            $0.name = PlainText.of("Seller in \(seller.city), \(seller.state)")
            $0.kind = .supplier
            $0.timeZone = "America/Sao_Paulo"
        }
    }

    static func sourcingLocation(_ seller: OlistSeller, at point: OlistPoint?) -> Holdfast_V1_SourcingLocation {
        .with {
            $0.code = seller.id
            $0.country = country
            $0.postcode = seller.postcode
            if let point {
                $0.point = .with {
                    $0.latitudeE6 = point.latitude
                    $0.longitudeE6 = point.longitude
                }
            }
            $0.methods = ["ship"]
        }
    }

    static func sourcingProduct(_ product: OlistProduct) -> Holdfast_V1_SourcingProduct {
        .with {
            $0.sku = product.id
            $0.grams = product.grams
            $0.volume = min(1_000_000_000, product.length * product.height * product.width)
        }
    }

    /// Rates by distance and weight that are made up: the files tell what each unit's carriage cost, but no tariff.
    static let sourcingConfig = """
        {"currency": "BRL", "splitPenalty": 800, "droppable": ["COMPLETE"], "unsourcedUnit": 1000000,
         "services": [{"code": "PARCEL", "volumeDivisor": 6000, "zones": [
          {"name": "near", "countries": ["BR"], "upToMetres": 100000, "transitDays": 3,
           "bands": [{"upToGrams": 1000, "price": 850}, {"upToGrams": 5000, "price": 1200}],
           "beyond": {"perGrams": 1000, "price": 90}},
          {"name": "middle", "countries": ["BR"], "upToMetres": 600000, "transitDays": 6,
           "bands": [{"upToGrams": 1000, "price": 1350}, {"upToGrams": 5000, "price": 1900}],
           "beyond": {"perGrams": 1000, "price": 180}},
          {"name": "far", "countries": ["BR"], "transitDays": 12,
           "bands": [{"upToGrams": 1000, "price": 2100}, {"upToGrams": 5000, "price": 3300}],
           "beyond": {"perGrams": 1000, "price": 420}}]}]}
        """
}
