import Domain
import PostgresClient

/// How orders are to be delivered, in columns.
struct DeliveryColumns {
    private var orders: [PostgresUUID] = []
    private var sequences: [Int32] = []
    private var deliveries: [OrderDelivery] = []

    var isEmpty: Bool { orders.isEmpty }

    /// Adds what the order's event with this number told.
    mutating func append(_ delivery: OrderDelivery, of order: EntityID, sequence: Int32) {
        orders.append(PostgresUUID(order))
        sequences.append(sequence)
        deliveries.append(delivery)
    }

    // A line of an address has no line break, so that one text holds them all.
    private static let insert = inserting("insert_deliveries", into: "order_delivery")
    private static let insertWished = inserting("insert_exchange_deliveries", into: "return_exchange_delivery")

    private static func inserting(_ name: String, into table: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            INSERT INTO \(table) (order_id, sequence, method, service, pickup_location_id, has_address, name, lines, city,
                region, postcode, country, phone, latitude, longitude)
            SELECT d.id, d.sequence, d.method, d.service, l.id, d.has_address, d.name, string_to_array(d.lines, chr(10)), d.city,
                d.region, d.postcode, d.country, d.phone, nullif(d.latitude, 'NaN'), nullif(d.longitude, 'NaN')
            FROM unnest($1::uuid[], $2::int4[], $3::int2[], $4::text[], $5::text[], $6::bool[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::float8[], $15::float8[])
                AS d(id, sequence, method, service, pickup, has_address, name, lines, city, region, postcode, country, phone,
                    latitude, longitude)
            LEFT JOIN location l ON l.code = d.pickup AND d.pickup <> ''
            """)
    }

    /// The step that writes them.
    var inserting: LedgerStep { (Self.insert, values) }

    /// The step that writes them as what was said of the new orders of exchanges.
    var insertingWished: LedgerStep { (Self.insertWished, values) }

    private var values: [PostgresValue] {
        let addresses = deliveries.map { $0.shipTo ?? Address() }
        return [
            .uuids(orders), .int32s(sequences), .int16s(deliveries.map(\.method.rawValue)),
            .texts(deliveries.map(\.service)), .texts(deliveries.map(\.pickupLocation)),
            .bools(deliveries.map { $0.shipTo != nil }), .texts(addresses.map(\.name)),
            .texts(addresses.map { $0.lines.joined(separator: "\n") }), .texts(addresses.map(\.city)),
            .texts(addresses.map(\.region)), .texts(addresses.map(\.postcode)), .texts(addresses.map(\.country)),
            .texts(addresses.map(\.phone)), .float64s(addresses.map { $0.place?.latitude ?? .nan }),
            .float64s(addresses.map { $0.place?.longitude ?? .nan }),
        ]
    }
}

extension Ledger {
    private static let deliveryOfOrder = delivering("delivery_of_order", from: "order_delivery")
    private static let deliveryOfExchange = delivering("delivery_of_exchange", from: "return_exchange_delivery")

    private static func delivering(_ name: String, from table: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            SELECT d.method, coalesce(l.code, ''), d.service, d.has_address, d.name, d.lines, d.city, d.region, d.postcode,
                d.country, d.phone, d.latitude, d.longitude
            FROM \(table) d LEFT JOIN location l ON l.id = d.pickup_location_id
            WHERE d.order_id = $1::uuid ORDER BY d.sequence DESC LIMIT 1
            """, access: .readOnly)
    }

    /// The step that reads what was said of how the new order of an exchange is to be delivered; see ``delivery(_:)``.
    static func readingWishedDelivery(of exchange: EntityID) -> LedgerStep {
        (deliveryOfExchange, [.uuid(PostgresUUID(exchange))])
    }

    /// The step that reads how an order is to be delivered; see ``delivery(_:)``.
    static func readingDelivery(of order: EntityID) -> LedgerStep {
        (deliveryOfOrder, [.uuid(PostgresUUID(order))])
    }

    /// How an order is to be delivered, as it stands; nil where that was not told.
    static func delivery(_ rows: PostgresRows) throws -> OrderDelivery? {
        guard let row = rows.first else { return nil }
        guard let method = OrderDelivery.Method(rawValue: try row.int16(0)) else {
            throw UnreadableValue(column: "order_delivery.method")
        }
        var delivery = OrderDelivery(method: method, pickupLocation: try row.text(1), service: try row.text(2))
        guard try row.bool(3) else { return delivery }
        var address = Address(
            name: try row.text(4), lines: try row.texts(5), city: try row.text(6), region: try row.text(7),
            postcode: try row.text(8), country: try row.text(9), phone: try row.text(10))
        if let latitude = try row.float64OrNil(11), let longitude = try row.float64OrNil(12) {
            address.place = Address.Place(latitude: latitude, longitude: longitude)
        }
        delivery.shipTo = address
        return delivery
    }
}
