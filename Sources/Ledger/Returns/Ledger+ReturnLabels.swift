public import Domain
import PostgresClient

/// A label for goods that come back, that a carrier is asked for.
public struct WantedReturnLabel: Hashable, Sendable {
    /// The return.
    public var returnOrder: EntityID
    /// Code of the carrier.
    public var carrier: String
    /// The service that was asked for; empty for the cheapest.
    public var askedService: String
    /// Code of the location where the goods go.
    public var location: String

    /// Makes one.
    public init(returnOrder: EntityID, carrier: String, askedService: String, location: String) {
        self.returnOrder = returnOrder
        self.carrier = carrier
        self.askedService = askedService
        self.location = location
    }

    /// What the carrier knows it by: the same at every repetition.
    public var key: EntityID { returnOrder.named("label \(location) \(carrier) \(askedService)") }
}

/// Both ends of the way back of a return's goods, as a label shows them; empty texts where not known.
public struct ReturnEnds: Hashable, Sendable {
    /// Who sends it: the customer of the order.
    public var sender: String
    /// Street, town and region of the customer.
    public var lines: [String]
    /// The customer's postcode.
    public var postcode: String
    /// ISO 3166 code of the customer's country.
    public var country: String
    /// Name of the location that receives it.
    public var recipient: String
    /// The location's postcode.
    public var recipientPostcode: String
    /// Whether the location is a supplier, which takes nothing back.
    public var isSupplier: Bool
    /// What the units weigh, in grams, as far as it is known.
    public var grams: Int64
    /// Whether the order has an address.
    public var hasAddress: Bool
}

extension ReturnOrder {
    /// Refuses a label for goods that come without a carrier.
    func checkLabel() throws(Refusal) {
        guard method != .mail else { return }
        throw .wrongState(
            .returnOrder, "R\(number)", state: method.word, explanation: "its goods do not come with a carrier")
    }

    /// Who pays the carrier: the customer where every line's rule says so.
    public var labelPayer: LabelPayer { lines.allSatisfy { $0.terms.labelPayer == .customer } ? .customer : .seller }
}

extension Ledger {
    private static let ends = PostgresStatement(
        "return_ends",
        """
        SELECT o.customer_name, o.customer_country, coalesce(d.name, ''), coalesce(d.lines, '{}'), coalesce(d.city, ''),
            coalesce(d.region, ''), coalesce(d.postcode, ''), coalesce(d.country, ''), d.order_id IS NOT NULL, l.name, l.code,
            coalesce((SELECT s.document::jsonb ->> 'postcode' FROM location_sourcing s WHERE s.location_id = l.id), ''),
            l.kind = \(Location.Kind.supplier.rawValue),
            (SELECT coalesce(sum(p.grams * n.quantity), 0) FROM return_line n
                JOIN product_sourcing p ON p.product_id = n.product_id WHERE n.return_id = r.id)::int8
        FROM return_order r JOIN orders o ON o.id = r.order_id CROSS JOIN location l
        LEFT JOIN LATERAL (SELECT * FROM order_delivery d WHERE d.order_id = o.id AND d.has_address
            ORDER BY d.sequence DESC LIMIT 1) d ON true
        WHERE r.id = $1::uuid AND l.code = $2::text
        """, access: .readOnly)
    private static let want = PostgresStatement(
        "want_return_label",
        """
        INSERT INTO return_label (return_id, carrier, asked_service, location_id, key, loose_at)
        SELECT r.id, $2::text, $3::text, l.id, $5::uuid, now() + make_interval(secs => $7::int4)
        FROM return_order r, location l
        WHERE r.id = $1::uuid AND l.code = $4::text AND r.state = $6::int2
        ON CONFLICT (key)
            DO UPDATE SET state = CASE WHEN return_label.state = 4 THEN 1 ELSE return_label.state END,
                loose_at = greatest(return_label.loose_at, excluded.loose_at)
        RETURNING state
        """)
    private static let use = PostgresStatement(
        "use_return_label",
        """
        UPDATE return_label SET state = 3, service = $2::text, tracking = $3::text, price = $4::int8, currency = $5::text,
            payer = $6::int2, document = $7::bytea
        WHERE key = $1::uuid
        """)
    private static let loosen = PostgresStatement(
        "loosen_return_label",
        "UPDATE return_label SET state = 2, loose_at = now() WHERE return_id = $1::uuid AND state = 3")
    private static let looseOfReturns = LooseLabels(
        table: "return_label", join: "JOIN return_order r ON r.id = k.return_id",
        condition: """
            r.state <> \(ReturnState.approved.rawValue) OR EXISTS (SELECT FROM return_label u WHERE u.return_id = k.return_id AND u.state = 3)
            """)
    private static let document = PostgresStatement(
        "return_label_document",
        """
        SELECT document, tracking FROM return_label
        WHERE return_id = $1::uuid AND CASE WHEN $2::text = '' THEN state = 3 ELSE tracking = $2::text END
        """, access: .readOnly)

    /// Both ends of the way back; nil where there is no such location, or the return has no order.
    public func ends(ofReturn id: EntityID, to location: String) async throws -> ReturnEnds? {
        try await onConnection { connection in
            try connection.execute(Ledger.ends, [.uuid(PostgresUUID(id)), .text(location)]).first.map { row in
                let name = try row.text(2)
                let country = try row.text(7)
                let own = try row.text(9)
                return ReturnEnds(
                    sender: name.isEmpty ? try row.text(0) : name,
                    lines: (try row.texts(3) + [try row.text(4), try row.text(5)]).filter { !$0.isEmpty },
                    postcode: try row.text(6), country: country.isEmpty ? try row.text(1) : country,
                    recipient: own.isEmpty ? try row.text(10) : own, recipientPostcode: try row.text(11),
                    isSupplier: try row.bool(12), grams: try row.int64(13), hasAddress: try row.bool(8))
            }
        }
    }

    /// Records that a carrier is to be asked for a label, before it is asked.
    ///
    /// - Parameters:
    ///   - label: the label.
    ///   - callSeconds: how long a carrier may take to answer: for so long nobody gives it back.
    /// - Returns: false where the return is not approved: then nothing was recorded.
    /// - Throws: `Refusal` where the database does not answer.
    public func want(_ label: WantedReturnLabel, callSeconds: Int32) async throws -> Bool {
        try await onConnection { connection in
            try connection.execute(
                Ledger.want,
                [
                    .uuid(PostgresUUID(label.returnOrder)), .text(label.carrier), .text(label.askedService),
                    .text(label.location), .uuid(PostgresUUID(label.key)), .int16(ReturnState.approved.rawValue),
                    .int32(callSeconds),
                ]
            ).count == 1
        }
    }

    /// Records that a carrier has made a label, so that it is given back if it does not become the return's.
    public func keep(_ label: WantedReturnLabel, tracking: String) async throws {
        try await onConnection { connection in
            try Ledger.looseOfReturns.keep(label.key, tracking: tracking, on: connection)
        }
    }

    /// Notes that a carrier has refused a label: it is given back as soon as its return does not need it.
    public func endCall(_ label: WantedReturnLabel) async throws {
        try await onConnection { connection in try Ledger.looseOfReturns.endCall(label.key, on: connection) }
    }

    /// The step that notes that a label is its return's.
    static func using(_ label: ReturnLabel) -> LedgerStep {
        (
            use,
            [
                .uuid(PostgresUUID(label.key)), .text(label.service), .text(label.tracking),
                .int64(label.cost.minorUnits), .text(label.cost.currency.code), .int16(label.payer.rawValue),
                .bytes(label.document),
            ]
        )
    }

    /// The step that lets the label of a cancelled return be given back.
    static func loosening(of id: EntityID) -> LedgerStep { (loosen, [.uuid(PostgresUUID(id))]) }

    /// Takes labels that a carrier was asked for and that no goods will come with, the longest loose first, none that another
    /// server has: another label is their return's, or the return is not approved any more.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - leaseSeconds: for how long nobody else takes them; one that is not given back by then is taken again.
    /// - Returns: the labels.
    /// - Throws: `Refusal` where the database does not answer.
    public func claimLooseReturnLabels(limit: Int, leaseSeconds: Int32) async throws -> [LooseLabel] {
        try await onConnection { connection in
            try Ledger.looseOfReturns.claim(limit: limit, leaseSeconds: leaseSeconds, on: connection)
        }
    }

    /// The label of a return, and the carrier's number; nil where it has none.
    ///
    /// With a number it is the label that had this number, whatever became of it since.
    public func label(
        ofReturn id: EntityID, tracking: String = ""
    ) async throws -> (document: [UInt8], tracking: String)? {
        try await onConnection { connection in
            try connection.execute(Ledger.document, [.uuid(PostgresUUID(id)), .text(tracking)]).first.map {
                (try $0.bytes(0), try $0.text(1))
            }
        }
    }
}
