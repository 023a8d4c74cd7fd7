import Domain
import PostgresClient

extension PostgresUUID {
    init(_ id: EntityID) {
        self.init(high: id.high, low: id.low)
    }
}

extension EntityID {
    init(_ uuid: PostgresUUID) {
        self.init(high: uuid.high, low: uuid.low)
    }
}
