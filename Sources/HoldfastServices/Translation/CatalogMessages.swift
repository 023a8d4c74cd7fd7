import Domain
import HoldfastAPI

extension Holdfast_V1_Product {
    init(_ product: Product) {
        self.init()
        sku = product.sku
        name = product.name
        barcode = product.barcode
        tracked = product.tracked
    }
}

extension Holdfast_V1_Location {
    init(_ location: Location) {
        self.init()
        code = location.code
        name = location.name
        kind =
            switch location.kind {
            case .warehouse: .warehouse
            case .store: .store
            case .thirdParty: .thirdParty
            case .supplier: .supplier
            }
        rank = location.rank
        timeZone = location.timeZone
    }
}

extension Holdfast_V1_Channel {
    init(_ channel: Channel) {
        self.init()
        code = channel.code
        name = channel.name
        currencyCode = channel.currency.code
        if case .rules(let rules) = channel.review { review = Holdfast_V1_ReviewRules(rules, channel.currency) }
    }
}
