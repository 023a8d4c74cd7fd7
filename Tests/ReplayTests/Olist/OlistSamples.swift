@testable import Replay

/// Invented files of the Olist layout.
struct OlistSamples {
    var orders = [
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
            + "order_delivered_customer_date,order_estimated_delivery_date"
    ]
    var items = ["order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"]
    var payments = ["order_id,payment_sequential,payment_type,payment_installments,payment_value"]
    var customers = ["customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state"]
    var sellers = ["seller_id,seller_zip_code_prefix,seller_city,seller_state"]
    var products = [
        "product_id,product_category_name,product_weight_g,product_length_cm,product_height_cm,product_width_cm"
    ]
    var places = ["geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state"]

    subscript(file: OlistFile) -> [String] {
        switch file {
        case .orders: orders
        case .items: items
        case .payments: payments
        case .customers: customers
        case .sellers: sellers
        case .products: products
        case .places: places
        }
    }

    func books() throws -> OlistBooks {
        try OlistBooks { MemoryByteSource(Array(self[$0].joined(separator: "\n").utf8)) }
    }

    /// Two sellers, three articles, one order with the given dates, items and payments.
    static func one(
        _ status: String = "delivered", approved: String = "2018-01-02 10:30:00",
        handedOver: String = "2018-01-03 09:00:00",
        delivered: String = "2018-01-08 12:00:00", estimated: String = "2018-01-20 00:00:00",
        items: [String] = ["o1,1,p1,s1,,10.00,2.50"], payments: [String] = ["o1,1,credit_card,1,12.50"]
    ) -> OlistSamples {
        var samples = OlistSamples()
        samples.orders.append("o1,c1,\(status),2018-01-02 10:00:00,\(approved),\(handedOver),\(delivered),\(estimated)")
        samples.items += items
        samples.payments += payments
        samples.customers += ["c1,u1,01001,sao paulo,SP", "c2,u1,01002,sao paulo,SP", "c3,u2,99999,nowhere,RS"]
        samples.sellers += ["s1,01001,sao paulo,SP", "s2,20001,rio de janeiro,RJ"]
        samples.products += ["p1,toys,500,20,10,15", "p2,,0,,,", "p3,garden,1200,30,30,30"]
        samples.places += [
            "01001,-23.550000123456789,-46.63,sao paulo,SP", "01001,-23.56,-46.65,sao paulo,SP",
            "01001,-23.56,-46.65,são paulo,SP", "20001,-22.90,-43.17,rio de janeiro,RJ",
        ]
        return samples
    }
}
