import Domain
import PostgresClient

extension OrderWork {
    private static let entityOfChannel = PostgresStatement(
        "legal_entity_of_channel", "SELECT legal_entity, now() FROM channel WHERE id = $1::int4", access: .readOnly)
    private static let documented = PostgresStatement(
        "documented_lines",
        """
        SELECT line_number, sum(quantity)::int8, sum(amount)::int8 FROM document_line WHERE order_id = $1::uuid
        GROUP BY line_number
        """, access: .readOnly)
    private static let texts = PostgresStatement(
        "line_texts",
        """
        SELECT l.line_number, CASE WHEN l.description = '' THEN p.name ELSE l.description END
        FROM order_line l JOIN product p ON p.id = l.product_id WHERE l.order_id = $1::uuid
        """, access: .readOnly)
    private static let taxes = PostgresStatement(
        "line_taxes",
        """
        SELECT line_number, name, amount, included FROM order_line_tax WHERE order_id = $1::uuid
        ORDER BY line_number, tax_number
        """, access: .readOnly)
    private static let nextNumber = PostgresStatement(
        "next_document_number",
        """
        INSERT INTO document_counter (entity, kind, series, last) VALUES ($1::text, $2::int2, $3::int4, 1)
        ON CONFLICT (entity, kind, series) DO UPDATE SET last = document_counter.last + 1 RETURNING last
        """)
    private static let insertDocument = PostgresStatement(
        "insert_document",
        """
        WITH d AS (
            INSERT INTO document (entity, kind, series, number, id, order_id, cause_id, currency, total, text, json)
            VALUES ($1::text, $2::int2, $3::int4, $4::int8, $5::uuid, $6::uuid, $7::uuid, $8::text, $9::int8, $10::text,
                $11::text)
            RETURNING id
        )
        INSERT INTO document_line (order_id, line_number, document_id, quantity, amount)
        SELECT $6::uuid, l.line, d.id, l.quantity, l.amount
        FROM d, unnest($12::int2[], $13::int8[], $14::int8[]) AS l(line, quantity, amount)
        """)

    /// Issues what this change makes due: an invoice for goods that have left and are on none, a receipt for a sale at a till
    /// that is paid, a credit memo for each refund that was done and for what was given back otherwise.
    ///
    /// Numbers have no gap: the counter's row is locked from here to the end of the transaction, which writes number and
    /// document or neither.
    mutating func issueDocuments(of book: PaymentBook) throws {
        guard book.paid != nil else { return }
        let earned = lines.contains { $0.money.earned > 0 }
        let isPaid = book.money.standing == .paid || book.money.standing == .refundDue
        if earned && (isPaid || !head.goodsInHand) {
            let due = try linesToDocument()
            if !due.isEmpty {
                let payments = book.money.tenders.filter { $0.sums.kept > 0 }.map {
                    DocumentContent.Payment(kind: $0.kind, label: $0.label, amount: $0.sums.kept)
                }
                try issue(
                    head.goodsInHand ? .receipt : .invoice, lines: due, payments: head.goodsInHand ? payments : [],
                    cause: change.id)
            }
        }
        if !book.givenOtherwise.isEmpty {
            try issue(.creditMemo, lines: [], payments: book.givenOtherwise, cause: change.id)
        }
        for refund in book.refunded {
            let tender = try book.tender(refund.tender)
            try issue(
                .creditMemo, lines: [],
                payments: [.init(kind: tender.kind, label: tender.label, amount: refund.amount)], cause: refund.id)
        }
    }

    /// What has left and is on no document, by line.
    private func linesToDocument() throws -> [DocumentContent.Line] {
        let order = [PostgresValue.uuid(PostgresUUID(head.id))]
        var done: [Int32: (quantity: Int64, amount: Int64)] = [:]
        for row in try connection.execute(Self.documented, order) {
            done[Int32(try row.int16(0))] = (try row.int64(1), try row.int64(2))
        }
        let open = lines.filter { $0.money.earned > (done[$0.number]?.amount ?? 0) }
        guard !open.isEmpty else { return [] }
        let read = try connection.pipeline([(Self.texts, order), (Self.taxes, order)])
        var texts: [Int32: String] = [:]
        for row in read[0] { texts[Int32(try row.int16(0))] = try row.text(1) }
        var taxes: [Int32: [Tax]] = [:]
        for row in read[1] {
            taxes[Int32(try row.int16(0)), default: []].append(
                Tax(name: try row.text(1), amountMinor: try row.int64(2), included: try row.bool(3)))
        }
        return open.map { line in
            let before = done[line.number] ?? (0, 0)
            return DocumentContent.Line(
                number: line.number, sku: line.sku, description: texts[line.number] ?? "",
                quantity: max(0, line.money.earnedUnits - before.quantity), amount: line.money.earned - before.amount,
                taxes: (taxes[line.number] ?? []).map { tax in
                    // In proportion to the price, so that the parts of a line's tax add up to it.
                    var part = tax
                    part.amountMinor = Rounding.share(
                        of: tax.amountMinor, from: min(before.amount, line.books.valueMinor),
                        to: min(line.money.earned, line.books.valueMinor), count: line.books.valueMinor)
                    return part
                })
        }
    }

    private mutating func issue(
        _ kind: DocumentKind, lines: [DocumentContent.Line], payments: [DocumentContent.Payment], cause: EntityID
    ) throws {
        let row = try connection.execute(Self.entityOfChannel, [.int32(head.channelID)]).single
        let (entity, now) = (try row.text(0), Instant(microseconds: try row.timestamp(1)))
        let series = DocumentNumber.series(of: now)
        let number = try connection.execute(
            Self.nextNumber, [.text(entity), .int16(kind.rawValue), .int32(series)]
        ).single.int64(0)
        let content = DocumentContent(
            number: DocumentNumber(entity: entity, kind: kind, series: series, number: number), issuedAt: now,
            order: head.id, channel: head.channel, externalID: head.externalID, customer: head.customer.name,
            country: head.customer.country, currency: head.currency, lines: lines, payments: payments,
            reason: kind == .creditMemo ? change.reason : "")
        let id = EntityID.random()
        // Not with the other statements: the next document of this change must find its lines.
        try connection.execute(
            Self.insertDocument,
            [
                .text(entity), .int16(kind.rawValue), .int32(series), .int64(number), .uuid(PostgresUUID(id)),
                .uuid(PostgresUUID(head.id)), .uuid(PostgresUUID(cause)), .text(head.currency.code),
                .int64(content.total), .text(content.text), .text(content.json),
                .int16s(lines.map { Int16($0.number) }), .int64s(lines.map(\.quantity)), .int64s(lines.map(\.amount)),
            ])
        tell(
            .documentIssued, amountMinor: content.total,
            details: ["document": "\(content.number)", "document_id": "\(id)", "kind": kind.word])
    }
}
