import Domain
import Ledger

extension StockLevelKey: PageKey {
    // Neither a sku nor a code contains a control character, so a NUL parts them.
    var pageKey: [UInt8] { Array(sku.utf8) + [0] + Array(location.utf8) }

    init?(pageKey bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let sku = String(validating: parts[0], as: UTF8.self),
            let location = String(validating: parts[1], as: UTF8.self), !location.utf8.contains(0)
        else { return nil }
        self.init(sku: sku, location: location)
    }
}

extension OrderKey: PageKey {
    var pageKey: [UInt8] {
        placedAt.microseconds.pageKey + Int64(bitPattern: id.high).pageKey + Int64(bitPattern: id.low).pageKey
    }

    init?(pageKey bytes: [UInt8]) {
        guard bytes.count == 24, let placedAt = Int64(pageKey: Array(bytes[0..<8])),
            let high = Int64(pageKey: Array(bytes[8..<16])), let low = Int64(pageKey: Array(bytes[16..<24]))
        else { return nil }
        self.init(
            placedAt: Instant(microseconds: placedAt),
            id: EntityID(high: UInt64(bitPattern: high), low: UInt64(bitPattern: low)))
    }
}

extension HeldOrderKey: PageKey {
    var pageKey: [UInt8] { OrderKey(placedAt: placedAt, id: order).pageKey + Int64(number).pageKey }

    init?(pageKey bytes: [UInt8]) {
        guard bytes.count == 32, let key = OrderKey(pageKey: Array(bytes[..<24])),
            let number = Int64(pageKey: Array(bytes[24...])), let number = Int16(exactly: number)
        else { return nil }
        self.init(placedAt: key.placedAt, order: key.id, number: number)
    }
}

extension FulfilmentKey: PageKey {
    var pageKey: [UInt8] { OrderKey(placedAt: releasedAt, id: id).pageKey }

    init?(pageKey bytes: [UInt8]) {
        guard let key = OrderKey(pageKey: bytes) else { return nil }
        self.init(releasedAt: key.placedAt, id: key.id)
    }
}

extension ApiKeyKey: PageKey {
    var pageKey: [UInt8] { OrderKey(placedAt: createdAt, id: id).pageKey }

    init?(pageKey bytes: [UInt8]) {
        guard let key = OrderKey(pageKey: bytes) else { return nil }
        self.init(createdAt: key.placedAt, id: key.id)
    }
}

extension AuditKey: PageKey {
    var pageKey: [UInt8] { OrderKey(placedAt: at, id: request).pageKey + Array(method.utf8) }

    init?(pageKey bytes: [UInt8]) {
        guard bytes.count >= 24, let key = OrderKey(pageKey: Array(bytes[..<24])),
            let method = String(pageKey: Array(bytes[24...]))
        else { return nil }
        self.init(at: key.placedAt, request: key.id, method: method)
    }
}

extension BackorderPolicyKey: PageKey {
    var pageKey: [UInt8] { StockLevelKey(sku: sku, location: channel).pageKey }

    init?(pageKey bytes: [UInt8]) {
        guard let key = StockLevelKey(pageKey: bytes) else { return nil }
        self.init(sku: key.sku, channel: key.location)
    }
}

extension WaitingLineKey: PageKey {
    var pageKey: [UInt8] {
        Int64(priority).pageKey + since.microseconds.pageKey + place.pageKey + Array(sku.utf8)
    }

    init?(pageKey bytes: [UInt8]) {
        guard bytes.count >= 24, let priority = Int64(pageKey: Array(bytes[0..<8])).flatMap({ Int32(exactly: $0) }),
            let since = Int64(pageKey: Array(bytes[8..<16])), let place = Int64(pageKey: Array(bytes[16..<24])),
            let sku = String(pageKey: Array(bytes[24...]))
        else { return nil }
        self.init(sku: sku, priority: priority, since: Instant(microseconds: since), place: place)
    }
}
