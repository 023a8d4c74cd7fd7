public import Domain
import PostgresClient

extension Ledger {
    private static let insertCustomers = PostgresStatement(
        "insert_customers",
        """
        INSERT INTO customer (id, name, email, phone, language, note)
        SELECT n.id, '', '', '', '', '' FROM unnest($1::text[]) AS n(id) ORDER BY n.id COLLATE "C"
        ON CONFLICT (id) DO NOTHING
        """)
    private static let lockCustomers = PostgresStatement(
        "lock_customers", "SELECT id FROM customer WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE")
    private static let customerHeads = PostgresStatement(
        "customer_heads",
        """
        SELECT id, name, email, phone, language, note, version, created_at, changed_at FROM customer
        WHERE id = ANY($1::text[]) ORDER BY id
        """, access: .readOnly)
    private static let customerContacts = PostgresStatement(
        "customer_contacts",
        """
        SELECT customer_id, label, name, email, phone FROM customer_contact WHERE customer_id = ANY($1::text[])
        ORDER BY customer_id, position
        """, access: .readOnly)
    private static let customerAddresses = PostgresStatement(
        "customer_addresses",
        """
        SELECT customer_id, label, name, lines, postcode, city, region, country, phone, default_shipping, default_billing,
            latitude, longitude
        FROM customer_address WHERE customer_id = ANY($1::text[]) ORDER BY customer_id, position
        """, access: .readOnly)
    private static let updateCustomers = PostgresStatement(
        "update_customers",
        """
        WITH n AS (
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
                AS n(id, name, email, phone, language, note)
        ), c AS (DELETE FROM customer_contact WHERE customer_id = ANY($1::text[])),
        a AS (DELETE FROM customer_address WHERE customer_id = ANY($1::text[])),
        k AS (DELETE FROM customer_key WHERE customer_id = ANY($1::text[]))
        UPDATE customer c SET name = n.name, email = n.email, phone = n.phone, language = n.language, note = n.note,
            version = c.version + 1, changed_at = now()
        FROM n WHERE c.id = n.id
        """)
    private static let insertContacts = PostgresStatement(
        "insert_customer_contacts",
        """
        INSERT INTO customer_contact (customer_id, position, label, name, email, phone)
        SELECT * FROM unnest($1::text[], $2::int2[], $3::text[], $4::text[], $5::text[], $6::text[])
        """)
    private static let insertAddresses = PostgresStatement(
        "insert_customer_addresses",
        """
        INSERT INTO customer_address (customer_id, position, label, name, lines, postcode, city, region, country, phone,
            default_shipping, default_billing, latitude, longitude)
        SELECT id, position, label, name, string_to_array(lines, chr(10)), postcode, city, region, country, phone,
            shipping, billing, nullif(latitude, 'NaN'), nullif(longitude, 'NaN')
        FROM unnest($1::text[], $2::int2[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::bool[], $12::bool[], $13::float8[], $14::float8[])
            AS n(id, position, label, name, lines, postcode, city, region, country, phone, shipping, billing, latitude,
                longitude)
        """)
    private static let insertKeys = PostgresStatement(
        "insert_customer_keys",
        "INSERT INTO customer_key (key, customer_id) SELECT * FROM unnest($1::text[], $2::text[])")
    private static let customerOrders = PostgresStatement(
        "customer_orders",
        """
        SELECT count(*) FROM orders o JOIN channel c ON c.id = o.channel_id
        WHERE o.customer_id = $1::text AND o.customer_id <> '' AND ($2::text[] IS NULL OR c.code = ANY($2::text[]))
        """, access: .readOnly)
    private static let customerCredit = PostgresStatement(
        "customer_credit",
        """
        SELECT currency, balance FROM stored_value_account WHERE kind = 4 AND customer_id = $1::text ORDER BY currency
        """, access: .readOnly)
    private static let customerSearch = PostgresStatement(
        "customer_search",
        """
        SELECT c.id, c.name, c.email, c.phone, c.language, c.note, c.version, c.created_at, c.changed_at
        FROM (
            SELECT DISTINCT k.customer_id FROM unnest($1::text[], $2::text[]) AS p(low, high)
            JOIN customer_key k ON k.key >= p.low AND k.key <= p.high WHERE k.customer_id > $3::text
        ) f JOIN customer c ON c.id = f.customer_id ORDER BY c.id LIMIT $4::int4
        """, access: .readOnly)

    /// Creates customers or replaces all that is known of them; all or none.
    ///
    /// The ids are distinct. Returns the reply, the stored one for a repetition. Throws `Refusal.differentBody`.
    public func upsertCustomers(
        _ requestID: EntityID, _ customers: [CustomerRecord], body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (UpsertCount) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.storedReply(
                requestID, .customers, body: body, caller: caller, on: connection)
            {
                return reply
            }
            let ids = PostgresValue.texts(customers.map(\.id))
            let read = try connection.pipeline([
                (Ledger.insertCustomers, [ids]), (Ledger.lockCustomers, [ids]), (Ledger.customerHeads, [ids]),
                (Ledger.customerContacts, [ids]), (Ledger.customerAddresses, [ids]),
            ])
            let created = read[0].affectedRows
            let known = try Ledger.customers(heads: read[2], contacts: read[3], addresses: read[4])
            var stored: [String: StoredCustomer] = [:]
            for customer in known { stored[customer.record.id] = customer }
            let changed = customers.filter { customer in
                guard let known = stored[customer.id] else { return true }
                return known.version == 0 || known.record != customer
            }
            let reply = try encodeReply(
                UpsertCount(
                    created: Int32(created), updated: Int32(changed.count - created),
                    unchanged: Int32(customers.count - changed.count)))
            _ = try connection.pipeline(
                Ledger.writing(changed) + [
                    Ledger.storing(requestID, .customers, body: body, reply: reply, caller: caller), (.commit, []),
                ])
            return reply
        }
    }

    private static func writing(_ customers: [CustomerRecord]) -> [LedgerStep] {
        guard !customers.isEmpty else { return [] }
        let contacts = customers.flatMap { customer in
            customer.contacts.enumerated().map { (id: customer.id, place: Int16($0.offset), contact: $0.element) }
        }
        let addresses = customers.flatMap { customer in
            customer.addresses.enumerated().map { (id: customer.id, place: Int16($0.offset), address: $0.element) }
        }
        let keys = customers.flatMap { customer in
            customer.searchKeys.sorted().map { (key: $0, id: customer.id) }
        }
        return [
            (
                updateCustomers,
                [
                    .texts(customers.map(\.id)), .texts(customers.map(\.name)), .texts(customers.map(\.email)),
                    .texts(customers.map(\.phone)), .texts(customers.map(\.language)), .texts(customers.map(\.note)),
                ]
            ),
            (
                insertContacts,
                [
                    .texts(contacts.map(\.id)), .int16s(contacts.map(\.place)), .texts(contacts.map(\.contact.label)),
                    .texts(contacts.map(\.contact.name)), .texts(contacts.map(\.contact.email)),
                    .texts(contacts.map(\.contact.phone)),
                ]
            ),
            (
                insertAddresses,
                [
                    .texts(addresses.map(\.id)), .int16s(addresses.map(\.place)),
                    .texts(addresses.map(\.address.label)), .texts(addresses.map(\.address.address.name)),
                    // Lines have no control characters.
                    .texts(addresses.map { $0.address.address.lines.joined(separator: "\n") }),
                    .texts(addresses.map(\.address.address.postcode)), .texts(addresses.map(\.address.address.city)),
                    .texts(addresses.map(\.address.address.region)),
                    .texts(addresses.map(\.address.address.country)),
                    .texts(addresses.map(\.address.address.phone)),
                    .bools(addresses.map(\.address.isDefaultShipping)),
                    .bools(addresses.map(\.address.isDefaultBilling)),
                    .float64s(addresses.map { $0.address.address.place?.latitude ?? .nan }),
                    .float64s(addresses.map { $0.address.address.place?.longitude ?? .nan }),
                ]
            ),
            (insertKeys, [.texts(keys.map(\.key)), .texts(keys.map(\.id))]),
        ]
    }

    /// A customer with contacts and addresses, how many orders of these channels they have, and what their store credit is
    /// worth, by currency; nil for one that is not known.
    public func customer(
        _ id: String, among channels: Set<String>?
    ) async throws -> (customer: StoredCustomer, orders: Int64, credit: [Money])? {
        try await onConnection { connection in
            let ids = PostgresValue.texts([id])
            let mode = PostgresTransactionMode.repeatableReadReadOnly
            let read = try connection.pipeline([
                (mode.begin, []), (Ledger.customerHeads, [ids]), (Ledger.customerContacts, [ids]),
                (Ledger.customerAddresses, [ids]), (Ledger.customerOrders, [.text(id), .codes(channels)]),
                (Ledger.customerCredit, [.text(id)]), (mode.commit, []),
            ])
            guard
                let customer = try Ledger.customers(heads: read[1], contacts: read[2], addresses: read[3]).first,
                let orders = try read[4].first.map({ try $0.int64(0) })
            else { return nil }
            let credit = try read[5].map { row in
                guard let currency = Currency(code: try row.text(0)) else {
                    throw UnreadableValue(column: "stored_value_account.currency")
                }
                return Money(try row.int64(1), currency)
            }
            return (customer, orders, credit)
        }
    }

    /// Customers that are found by the beginning of a text, by id, after an id; without contacts and addresses.
    ///
    /// None where the text is too short to look for.
    public func customers(matching asked: String, after: String?, limit: Int) async throws -> Page<StoredCustomer> {
        let prefixes = CustomerSearch.prefixes(asked).sorted()
        guard !prefixes.isEmpty else { return Page(elements: [], hasMore: false) }
        return try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.customerSearch,
                [
                    .texts(prefixes), .texts(prefixes.map { Ledger.lastSearchKey(beginningWith: $0) }),
                    .text(after ?? ""), .int32(Int32(clamping: limit + 1)),
                ])
            return Page(try Ledger.customers(heads: rows, contacts: nil, addresses: nil), limit: limit)
        }
    }

    /// The highest search key that starts with a prefix: no key beyond it does.
    private static func lastSearchKey(beginningWith prefix: String) -> String {
        prefix + String(repeating: "\u{10FFFF}", count: CustomerSearch.keyBound)
    }

    private static func customers(
        heads: PostgresRows, contacts: PostgresRows?, addresses: PostgresRows?
    ) throws -> [StoredCustomer] {
        var contactsByID: [String: [CustomerRecord.Contact]] = [:]
        if let contacts {
            for row in contacts {
                contactsByID[try row.text(0), default: []].append(
                    .init(
                        label: try row.text(1), name: try row.text(2), email: try row.text(3), phone: try row.text(4)))
            }
        }
        var addressesByID: [String: [CustomerRecord.Place]] = [:]
        if let addresses {
            for row in addresses {
                var address = Address(
                    name: try row.text(2), lines: try row.texts(3), city: try row.text(5), region: try row.text(6),
                    postcode: try row.text(4), country: try row.text(7), phone: try row.text(8))
                if let latitude = try row.float64OrNil(11), let longitude = try row.float64OrNil(12) {
                    address.place = Address.Place(latitude: latitude, longitude: longitude)
                }
                addressesByID[try row.text(0), default: []].append(
                    .init(
                        label: try row.text(1), address: address, isDefaultShipping: try row.bool(9),
                        isDefaultBilling: try row.bool(10)))
            }
        }
        return try heads.map { row in
            let id = try row.text(0)
            return StoredCustomer(
                record: CustomerRecord(
                    id: id, name: try row.text(1), email: try row.text(2), phone: try row.text(3),
                    language: try row.text(4), note: try row.text(5), contacts: contactsByID[id] ?? [],
                    addresses: addressesByID[id] ?? []),
                version: try row.int64(6), createdAt: Instant(microseconds: try row.timestamp(7)),
                changedAt: Instant(microseconds: try row.timestamp(8)))
        }
    }
}
