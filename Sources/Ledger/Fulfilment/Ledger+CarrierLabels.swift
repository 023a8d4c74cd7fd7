public import Domain
import PostgresClient

/// A label that a carrier is asked for.
public struct WantedLabel: Hashable, Sendable {
    /// The fulfilment.
    public var fulfilment: EntityID
    /// The package.
    public var package: Int32
    /// Code of the carrier.
    public var carrier: String
    /// The service that was asked for; empty for the cheapest.
    public var askedService: String
    /// What the carrier knows it by.
    public var key: EntityID

    /// Makes one.
    public init(fulfilment: EntityID, package: Int32, carrier: String, askedService: String, key: EntityID) {
        self.fulfilment = fulfilment
        self.package = package
        self.carrier = carrier
        self.askedService = askedService
        self.key = key
    }
}

/// A label that a carrier has made for a package.
public struct MadeLabel: Hashable, Sendable {
    /// What was asked for.
    public var wanted: WantedLabel
    /// The service that it is of.
    public var service: String
    /// The carrier's number.
    public var tracking: String
    /// What is paid for it.
    public var price: Money
    /// Days from dispatch to delivery.
    public var transitDays: Int
    /// What is printed.
    public var document: [UInt8]

    /// Makes one.
    public init(
        wanted: WantedLabel, service: String, tracking: String, price: Money, transitDays: Int, document: [UInt8]
    ) {
        self.wanted = wanted
        self.service = service
        self.tracking = tracking
        self.price = price
        self.transitDays = transitDays
        self.document = document
    }
}

extension Ledger {
    private static let want = PostgresStatement(
        "want_label",
        """
        INSERT INTO carrier_label (fulfilment_id, package, carrier, asked_service, key, loose_at)
        SELECT f.id, n.package, $3::text, $4::text, n.key, now() + make_interval(secs => $7::int4)
        FROM fulfilment f, unnest($2::int2[], $5::uuid[]) AS n(package, key)
        WHERE f.id = $1::uuid AND f.kind = 1 AND f.state = $6::int2
        ON CONFLICT (key)
            DO UPDATE SET state = CASE WHEN carrier_label.state = 4 THEN 1 ELSE carrier_label.state END,
                loose_at = greatest(carrier_label.loose_at, excluded.loose_at)
        RETURNING package
        """)
    private static let useLabel = PostgresStatement(
        "use_label",
        """
        UPDATE carrier_label SET state = 3, service = $2::text, tracking = $3::text, price = $4::int8, currency = $5::text,
            document = $6::bytea
        WHERE key = $1::uuid
        """)
    private static let loose = LooseLabels(
        table: "carrier_label", join: "JOIN fulfilment f ON f.id = k.fulfilment_id",
        condition: "f.state <> \(FulfilmentState.packed.rawValue)")
    private static let label = PostgresStatement(
        "package_label",
        """
        SELECT document, tracking FROM carrier_label
        WHERE fulfilment_id = $1::uuid AND package = $2::int2 AND state = 3
        """, access: .readOnly)

    /// Records that a carrier is to be asked for labels, before it is asked.
    ///
    /// - Parameters:
    ///   - labels: of one fulfilment, carrier and service; their keys are the same at every repetition.
    ///   - callSeconds: how long a carrier may take to answer: for so long nobody gives them back.
    /// - Returns: false where the fulfilment is not packed: then nothing was recorded.
    /// - Throws: `Refusal` where the database does not answer.
    public func want(_ labels: [WantedLabel], callSeconds: Int32) async throws -> Bool {
        guard let first = labels.first else { return true }
        return try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.want,
                [
                    .uuid(PostgresUUID(first.fulfilment)), .int16s(labels.map { Int16($0.package) }),
                    .text(first.carrier), .text(first.askedService), .uuids(labels.map { PostgresUUID($0.key) }),
                    .int16(FulfilmentState.packed.rawValue), .int32(callSeconds),
                ])
            return rows.count == labels.count
        }
    }

    /// Records that a carrier has made a label, so that it is given back if no package leaves with it.
    public func keep(_ label: MadeLabel) async throws {
        try await onConnection { connection in
            try Ledger.loose.keep(label.wanted.key, tracking: label.tracking, on: connection)
        }
    }

    /// Notes that a carrier has refused a label: it is given back as soon as no package needs it.
    public func endCall(_ label: WantedLabel) async throws {
        try await onConnection { connection in try Ledger.loose.endCall(label.key, on: connection) }
    }

    /// The step that notes that a package leaves with a label.
    static func using(_ label: MadeLabel) -> LedgerStep {
        (
            useLabel,
            [
                .uuid(PostgresUUID(label.wanted.key)), .text(label.service), .text(label.tracking),
                .int64(label.price.minorUnits), .text(label.price.currency.code), .bytes(label.document),
            ]
        )
    }

    /// Takes labels that a carrier was asked for and that nothing will leave with, the longest loose first, none that another
    /// server has: their fulfilment is not packed any more, and has left without them or not at all.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - leaseSeconds: for how long nobody else takes them; one that is not ``voided(_:)`` by then is taken again.
    /// - Returns: the labels.
    /// - Throws: `Refusal` where the database does not answer.
    public func claimLooseLabels(limit: Int, leaseSeconds: Int32) async throws -> [LooseLabel] {
        try await onConnection { connection in
            try Ledger.loose.claim(limit: limit, leaseSeconds: leaseSeconds, on: connection)
        }
    }

    /// The label that a package left with, and the carrier's number; nil where it has none from here.
    public func label(of fulfilment: EntityID, package: Int32) async throws -> (document: [UInt8], tracking: String)? {
        try await onConnection { connection in
            try connection.execute(
                Ledger.label, [.uuid(PostgresUUID(fulfilment)), .int16(Int16(clamping: package))]
            ).first.map { (try $0.bytes(0), try $0.text(1)) }
        }
    }
}
