/// The files of the Olist layout, by the names under which they are published.
public enum OlistFile: String, CaseIterable, Hashable, Sendable {
    /// One row an order.
    case orders = "olist_orders"
    /// One row a unit.
    case items = "olist_order_items"
    /// One row a payment.
    case payments = "olist_order_payments"
    /// One row the customer of an order.
    case customers = "olist_customers"
    /// One row a seller.
    case sellers = "olist_sellers"
    /// One row an article.
    case products = "olist_products"
    /// Points on the Earth of postcodes: one row a point, or one row the mean of a postcode's.
    case places = "olist_geolocation"

    /// What names of its files start with.
    var stems: [String] { self == .places ? [rawValue, "olist_zip_prefix_geo"] : [rawValue] }

    /// True where a file of this name is one.
    ///
    /// It starts with the stem, goes on with `_` or `.`, and ends with `.csv` or `.csv.gz`: `olist_order_items` is no file of
    /// orders.
    func matches(_ name: String) -> Bool {
        guard name.hasSuffix(".csv") || name.hasSuffix(".csv.gz") else { return false }
        return stems.contains { stem in
            guard name.hasPrefix(stem), let next = name.dropFirst(stem.count).first else { return false }
            return next == "_" || next == "."
        }
    }
}

/// The columns that a replay reads, each under the names that it goes by.
enum OlistColumn: String, CaseIterable, Hashable, Sendable {
    case order = "order_id"
    case customer = "customer_id"
    case status = "order_status"
    case purchasedAt = "order_purchase_timestamp"
    case approvedAt = "order_approved_at"
    case handedOverAt = "order_delivered_carrier_date"
    case deliveredAt = "order_delivered_customer_date"
    case estimatedAt = "order_estimated_delivery_date"
    case itemNumber = "order_item_id"
    case product = "product_id"
    case seller = "seller_id"
    case price = "price"
    case freight = "freight_value"
    case paymentNumber = "payment_sequential"
    case paymentType = "payment_type"
    case paymentValue = "payment_value"
    case person = "customer_unique_id"
    case customerPostcode = "customer_zip_code_prefix"
    case customerCity = "customer_city"
    case customerState = "customer_state"
    case sellerPostcode = "seller_zip_code_prefix"
    case sellerCity = "seller_city"
    case sellerState = "seller_state"
    case category = "product_category_name"
    case weight = "product_weight_g"
    case length = "product_length_cm"
    case height = "product_height_cm"
    case width = "product_width_cm"
    case postcode = "geolocation_zip_code_prefix"
    case latitude = "geolocation_lat"
    case longitude = "geolocation_lng"

    /// All names that it goes by.
    var names: [String] {
        let other: [String] =
            switch self {
            case .category: ["category"]
            case .weight: ["weight_g"]
            case .length: ["length_cm"]
            case .height: ["height_cm"]
            case .width: ["width_cm"]
            case .postcode: ["zip_code_prefix"]
            case .latitude: ["lat_mean"]
            case .longitude: ["lng_mean"]
            default: []
            }
        return [rawValue] + other
    }
}

extension OlistFile {
    /// The columns that the file must have; others may stand beside them.
    var columns: [OlistColumn] {
        switch self {
        case .orders:
            [.order, .customer, .status, .purchasedAt, .approvedAt, .handedOverAt, .deliveredAt, .estimatedAt]
        case .items: [.order, .itemNumber, .product, .seller, .price, .freight]
        case .payments: [.order, .paymentNumber, .paymentType, .paymentValue]
        case .customers: [.customer, .person, .customerPostcode, .customerCity, .customerState]
        case .sellers: [.seller, .sellerPostcode, .sellerCity, .sellerState]
        case .products: [.product, .category, .weight, .length, .height, .width]
        case .places: [.postcode, .latitude, .longitude]
        }
    }
}
