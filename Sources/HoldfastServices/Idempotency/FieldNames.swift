/// Names of a message's fields by number: what a difference between two encodings is told in.
struct FieldNames: Sendable {
    /// One field.
    struct Field: Sendable {
        /// Its name in the contract.
        var name: String
        /// Whether it stands any number of times.
        var isRepeated = false
        /// The fields inside, for a message.
        var message: FieldNames?
    }

    private var fields: [UInt64: Field] = [:]

    /// The field with this number.
    subscript(number: UInt64) -> Field? { fields[number] }

    private init(_ fields: [UInt64: Field]) {
        self.fields = fields
    }

    private static func texts(_ names: String...) -> [UInt64: Field] {
        var fields: [UInt64: Field] = [:]
        for (index, name) in names.enumerated() { fields[UInt64(index + 1)] = Field(name: name) }
        return fields
    }

    /// Fields numbered from 1 in this order; some of them are messages.
    private static func message(
        _ names: [String], repeated: [String: FieldNames] = [:], single: [String: FieldNames] = [:]
    )
        -> FieldNames
    {
        var fields: [UInt64: Field] = [:]
        for (index, name) in names.enumerated() {
            fields[UInt64(index + 1)] = Field(
                name: name, isRepeated: repeated[name] != nil, message: repeated[name] ?? single[name])
        }
        return FieldNames(fields)
    }

    private static let duration = FieldNames(texts("seconds", "nanos"))
    private static let timestamp = FieldNames(texts("seconds", "nanos"))
    private static let money = FieldNames(texts("currency_code", "amount_minor"))
    private static let unitPrice = FieldNames(texts("currency_code", "units", "nanos"))
    private static let customer = FieldNames(texts("customer_id", "name", "email", "country"))
    private static let address = FieldNames(
        texts("name", "lines", "city", "region", "postcode", "country", "phone", "latitude", "longitude"))
    static let delivery = message(
        ["method", "ship_to", "pickup_location", "service"], single: ["ship_to": address])
    private static let tax = message(["name", "amount", "included"], single: ["amount": money])

    static let reserve = message(
        ["reservation_id", "channel", "lines", "ttl"],
        repeated: ["lines": FieldNames(texts("sku", "location", "quantity", "allow_split"))], single: ["ttl": duration])
    static let extendReservation = message(["extension_id", "reservation_id", "ttl"], single: ["ttl": duration])
    private static let orderLine = message(
        [
            "sku", "location", "quantity", "unit_price", "taxes", "description", "allow_split", "allow_backorder",
            "backorder_priority",
        ],
        repeated: ["taxes": tax], single: ["unit_price": unitPrice])
    static let placeOrder = message(
        [
            "order_id", "channel", "external_id", "reservation_id", "customer", "lines", "goods_in_hand", "ordered_at",
            "currency_code", "delivery",
        ],
        repeated: ["lines": orderLine],
        single: ["customer": customer, "ordered_at": timestamp, "delivery": delivery])
    static let cancelOrder = message(
        ["cancellation_id", "order_id", "lines", "reason"],
        repeated: ["lines": FieldNames(texts("line_number", "quantity"))])
    static let receiveStock = message(
        ["movement_id", "lines", "reference"], repeated: ["lines": FieldNames(texts("sku", "location", "quantity"))])
    static let adjustStock = message(
        ["movement_id", "lines", "reason"], repeated: ["lines": FieldNames(texts("sku", "location", "delta"))])
    static let countStock = message(
        ["movement_id", "lines", "reference"], repeated: ["lines": FieldNames(texts("sku", "location", "counted"))])
    static let transferStock = message(
        ["movement_id", "from_location", "to_location", "lines", "reference"],
        repeated: ["lines": FieldNames(texts("sku", "quantity"))])
    static let setStockPolicy = message(
        ["movement_id", "lines"], repeated: ["lines": FieldNames(texts("sku", "location", "safety_stock"))])
    static let upsertProducts = message(
        ["request_id", "products"], repeated: ["products": FieldNames(texts("sku", "name", "barcode", "tracked"))])
    static let upsertLocations = message(
        ["request_id", "locations"],
        repeated: ["locations": FieldNames(texts("code", "name", "kind", "rank", "time_zone"))])
    static let createApiKey = message(
        ["key_id", "name", "roles", "channels", "locations", "expires_at"], single: ["expires_at": timestamp])
    static let rotateApiKey = message(
        ["key_id", "replaces", "overlap_seconds", "expires_at"], single: ["expires_at": timestamp])
    private static let point = FieldNames(texts("latitude_e6", "longitude_e6"))
    static let upsertSourcingConfig = FieldNames(texts("request_id", "name", "document"))
    static let upsertSourcingLocations = message(
        ["request_id", "locations"],
        repeated: [
            "locations": message(
                [
                    "code", "country", "postcode", "point", "inactive", "methods", "capabilities", "services", "hours",
                    "closed", "lead_days", "capacity", "handling_per_shipment", "handling_per_unit",
                ],
                repeated: ["hours": FieldNames(texts("days", "cut_off"))],
                single: ["point": point, "capacity": FieldNames(texts("units", "lines", "orders"))])
        ])
    static let upsertSourcingProducts = message(
        ["request_id", "products"], repeated: ["products": FieldNames(texts("sku", "grams", "volume", "needs"))])
    static let planSourcing = message(
        [
            "plan_id", "order_id", "lines", "destination", "method", "pickup_location", "promised", "excluded",
            "config",
        ],
        repeated: ["lines": FieldNames(texts("sku", "quantity"))],
        single: ["destination": message(["country", "postcode", "point"], single: ["point": point])])
    static let commitSourcing = FieldNames(texts("commit_id", "plan_id"))
    static let upsertCustomers = message(
        ["request_id", "customers"],
        repeated: [
            "customers": message(
                [
                    "customer_id", "name", "email", "phone", "language", "note", "contacts", "addresses", "version",
                    "created_at", "changed_at",
                ],
                repeated: [
                    "contacts": FieldNames(texts("label", "name", "email", "phone")),
                    "addresses": message(
                        ["label", "address", "default_shipping", "default_billing"], single: ["address": address]),
                ], single: ["created_at": timestamp, "changed_at": timestamp])
        ])
    static let setBackorderPolicies = message(
        ["request_id", "policies"], repeated: ["policies": FieldNames(texts("sku", "channel", "cap", "waiting"))])
    static let addTender = message(
        [
            "tender_id", "order_id", "kind", "amount", "charge_sequence", "refund_sequence", "token", "gift_card_code",
            "label", "authorize",
        ], single: ["amount": money])
    static let authorizeTender = FieldNames(texts("authorization_id", "order_id", "tender_number"))
    static let captureTender = message(
        ["capture_id", "order_id", "tender_number", "amount"], single: ["amount": money])
    static let voidTender = FieldNames(texts("void_id", "order_id", "tender_number"))
    static let refundOrder = message(
        ["refund_id", "order_id", "amount", "tender_number", "goodwill", "reason"], single: ["amount": money])
    static let issueStoredValue = message(
        ["issue_id", "kind", "customer_id", "amount", "reason"], single: ["amount": money])
    static let adjustStoredValue = message(
        ["adjustment_id", "account_id", "amount", "reason"], single: ["amount": money])
    static let setLegalEntity = FieldNames(texts("request_id", "channel", "legal_entity"))
    static let resolveAttempt = FieldNames(texts("resolution_id", "attempt_id", "resolution", "reference", "reason"))
    private static let returnTerms = message(
        [
            "window_days", "arrival_days", "conditions", "fee", "fee_basis_points", "shares", "label_payer",
            "refund_ahead", "refund_way", "needs_approval",
        ], repeated: ["shares": FieldNames(texts("disposition", "basis_points"))], single: ["fee": money])
    static let upsertReturnRules = message(
        ["request_id", "time_zone", "second_grade_suffix", "rules"],
        repeated: [
            "rules": message(
                ["name", "channels", "articles", "reasons", "methods", "without_order", "terms"],
                single: ["terms": returnTerms])
        ])
    static let createReturn = message(
        ["return_id", "order_id", "lines", "method", "refund_way", "note"],
        repeated: ["lines": FieldNames(texts("order_line_number", "quantity", "reason", "condition"))])
    static let createClaim = message(
        ["return_id", "order_id", "lines", "reason", "basis_points", "refund_way", "note"],
        repeated: ["lines": FieldNames(texts("order_line_number", "quantity"))])
    static let createBlindReturn = message(
        ["return_id", "channel", "location", "lines", "note"],
        repeated: [
            "lines": message(
                ["sku", "quantity", "unit_value", "reason", "condition", "disposition"],
                single: ["unit_value": unitPrice])
        ])
    static let changeReturn = FieldNames(texts("change_id", "return_id", "action", "reason"))
    static let receiveReturn = message(
        ["receipt_id", "return_id", "location", "lines", "last"],
        repeated: ["lines": FieldNames(texts("sku", "quantity"))])
    static let inspectReturn = message(
        ["inspection_id", "return_id", "lines"],
        repeated: ["lines": FieldNames(texts("line_number", "quantity", "condition", "disposition", "note"))])
    static let exchangeReturn = message(
        ["exchange_id", "return_id", "lines", "delivery"],
        repeated: [
            "lines": message(["sku", "location", "quantity", "unit_price"], single: ["unit_price": unitPrice])
        ], single: ["delivery": delivery])
    static let settleReturn = FieldNames(texts("settlement_id", "return_id", "settlement", "reference", "ahead"))
    static let issueReturnLabel = FieldNames(texts("label_id", "return_id", "location", "carrier", "service"))
    static let upsertChannels = message(
        ["request_id", "channels"],
        repeated: [
            "channels": message(["code", "name", "currency_code", "review"], single: ["review": reviewRules])
        ])
}

extension FieldNames {
    private static let reviewRules = message(
        [
            "off", "remorse_seconds", "stock", "backordered", "zero_price", "price_tolerance_percent", "address",
            "zones",
            "payment", "maximum_amount", "maximum_units", "fraud_check",
        ],
        repeated: ["zones": FieldNames(texts("country", "postcode_prefixes"))],
        single: [
            "maximum_amount": money, "fraud_check": FieldNames(texts("time_limit_ms", "pass_when_unavailable")),
        ])
    static let holdOrder = FieldNames(texts("hold_id", "order_id", "detail"))
    static let approveOrder = FieldNames(texts("approval_id", "order_id", "reasons", "note"))
    static let validateOrder = FieldNames(texts("validation_id", "order_id"))
    static let setPrices = message(
        ["request_id", "channel", "prices"],
        repeated: ["prices": message(["sku", "price"], single: ["price": unitPrice])])

    // MARK: - Fulfilment

    private static let fulfilmentStep = FieldNames(texts("request_id", "fulfilment_id"))
    private static let package = message(
        [
            "number", "weight_grams", "length_mm", "width_mm", "height_mm", "contents", "tracking_number", "has_label",
        ], repeated: ["contents": FieldNames(texts("line_number", "quantity"))])
    static let releaseOrder = message(
        ["release_id", "order_id", "lines"], repeated: ["lines": FieldNames(texts("line_number", "quantity"))])
    static let createWave = FieldNames(texts("wave_id", "location", "fulfilment_ids", "size"))
    static let startPicking = fulfilmentStep
    static let confirmPick = message(
        ["request_id", "fulfilment_id", "scans", "short_rule", "correct_count"],
        repeated: ["scans": FieldNames(texts("code", "quantity"))])
    static let packFulfilment = message(
        ["request_id", "fulfilment_id", "packages"], repeated: ["packages": package])
    static let shipFulfilment = FieldNames(
        texts("request_id", "fulfilment_id", "carrier", "service", "tracking_numbers"))
    static let confirmDelivery = FieldNames(texts("request_id", "fulfilment_id", "note"))
    static let reportLost = FieldNames(texts("request_id", "fulfilment_id", "reason", "short_rule"))
    static let declineFulfilment = FieldNames(texts("request_id", "fulfilment_id", "reason"))
    static let sendToStore = FieldNames(texts("request_id", "fulfilment_id", "tracking_number"))
    static let makeReady = message(["request_id", "fulfilment_id", "keep"], single: ["keep": duration])
    static let remindPickup = fulfilmentStep
    static let extendPickup = message(
        ["request_id", "fulfilment_id", "keep", "new_code"], single: ["keep": duration])
    static let collectPickup = FieldNames(texts("request_id", "fulfilment_id", "code"))
    static let restockPickup = fulfilmentStep
    static let acknowledgeSupplierOrder = message(
        ["request_id", "fulfilment_id", "reference", "expected_at"], single: ["expected_at": timestamp])
    static let rejectSupplierOrder = FieldNames(
        texts("request_id", "fulfilment_id", "reason", "short_rule", "correct_count"))
    static let notifyShipment = message(
        ["request_id", "fulfilment_id", "reference", "carrier", "tracking_numbers", "cost", "expected_at"],
        single: ["cost": money, "expected_at": timestamp])
    static let receiveUndelivered = message(
        ["request_id", "fulfilment_id", "location", "disposition", "lines", "reason"],
        repeated: ["lines": FieldNames(texts("line_number", "quantity", "disposition"))])
    static let amendOrder = message(
        ["amendment_id", "order_id", "add", "change", "delivery", "reason", "expected_sequence"],
        repeated: [
            "add": orderLine, "change": FieldNames(texts("line_number", "quantity", "location", "allow_split")),
        ], single: ["delivery": delivery])
    static let requestCancellation = message(
        ["request_id", "order_id", "lines", "reason"],
        repeated: ["lines": FieldNames(texts("line_number", "quantity"))])
    static let respondCancellation = FieldNames(texts("response_id", "cancellation_id", "accept", "answer"))
    static let withdrawCancellation = FieldNames(texts("withdrawal_id", "cancellation_id"))
    static let saveDraft = message(
        ["save_id", "draft", "expected_revision"],
        single: [
            "draft": message(
                ["draft_id", "content", "valid_until", "note", "state", "revision", "saved_at"],
                single: ["content": placeOrder, "valid_until": timestamp, "saved_at": timestamp])
        ])
    static let placeDraft = FieldNames(texts("draft_id", "revision"))
    static let discardDraft = FieldNames(texts("discard_id", "draft_id"))
}
