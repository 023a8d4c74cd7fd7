import HoldfastAPI
import SwiftProtobuf

/// What a run trades with: articles that everybody wants, articles that hardly anybody wants, places and channels.
///
/// Names begin with a tag of the run, so that it can work beside other trade.
package struct Wares: Sendable {
    /// Articles that most calls go for, with little stock.
    package let hot: [String]
    /// The other articles.
    package let cold: [String]
    /// Locations in the order of their ranks.
    package let locations: [String]
    /// Channels; their currency is GBP.
    package let channels: [String]
    /// Customers, by the ids that channels know them by.
    package let customers: [String]

    static let currency = "GBP"
    static let hotStock: Int64 = 40
    static let coldStock: Int64 = 400

    /// Names everything.
    package init(tag: String, hot: Int = 4, cold: Int = 60) {
        self.hot = (1...hot).map { "\(tag)-HOT-\($0)" }
        self.cold = (1...cold).map { "\(tag)-COLD-\($0)" }
        locations = ["DC", "SHOP-1", "SHOP-2"].map { "\(tag)-\($0)" }
        channels = ["WEB", "TILLS"].map { "\(tag)-\($0)" }
        customers = (1...50).map { "\(tag)-C\($0)" }
    }

    /// All articles.
    package var skus: [String] { hot + cold }

    func channelRequest(id: String) -> Holdfast_V1_UpsertChannelsRequest {
        .with { request in
            request.requestID = id
            request.channels = channels.map { code in
                .with {
                    $0.code = code
                    $0.name = code
                    $0.currencyCode = Wares.currency
                }
            }
        }
    }

    func locationRequest(id: String) -> Holdfast_V1_UpsertLocationsRequest {
        .with { request in
            request.requestID = id
            request.locations = locations.enumerated().map { rank, code in
                .with {
                    $0.code = code
                    $0.name = code
                    $0.rank = Int32(rank + 1)
                }
            }
        }
    }

    func productRequest(id: String) -> Holdfast_V1_UpsertProductsRequest {
        .with { request in
            request.requestID = id
            request.products = skus.map { sku in
                .with {
                    $0.sku = sku
                    $0.name = sku
                    $0.tracked = true
                }
            }
        }
    }

    /// Rules that take back what was delivered lately, keep nothing for it, and let money go before it is inspected.
    func returnRules(id: String) -> Holdfast_V1_UpsertReturnRulesRequest {
        .with { request in
            request.requestID = id
            request.rules = [
                .with {
                    $0.name = "torture"
                    $0.terms.windowDays = 30
                    $0.terms.refundAhead = true
                }
            ]
        }
    }

    /// The first stock, one receipt for each location.
    func openingReceipts(id: () -> String) -> [Holdfast_V1_ReceiveStockRequest] {
        locations.map { location in
            .with { request in
                request.movementID = id()
                request.reference = "opening stock"
                request.lines = skus.map { sku in
                    .with {
                        $0.sku = sku
                        $0.location = location
                        $0.quantity = hot.contains(sku) ? Wares.hotStock : Wares.coldStock
                    }
                }
            }
        }
    }
}
