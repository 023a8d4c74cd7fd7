import Domain
import HoldfastTesting
import HotStock
import Ledger
import RedisClient
import Testing

extension TestDeployment {
    /// Calls of the function library, and the vshard of an article.
    func hotStock(of sku: String) async throws -> (hotStock: HotStock, vshard: VShard) {
        let vshards = try await ledger.vshardCount()
        let hotStock = HotStock(link: redis.anyLink, keys: HotStockKeys(prefix: keyPrefix, vshards: vshards))
        return (hotStock, VShard(sku: sku, count: vshards))
    }

    /// The only cell of an article.
    func cell(_ sku: String) async throws -> CellID {
        CellID(
            try await number("SELECT c.id FROM cell c JOIN product p ON p.id = c.product_id WHERE p.sku = '\(sku)'"))
    }

    /// The epoch of a vshard in PostgreSQL.
    func epoch(of vshard: VShard) async throws -> Int64 {
        try await number("SELECT epoch FROM shard WHERE id = \(vshard.rawValue)")
    }

    /// The name of one of a vshard's keys in Redis.
    func redisKey(_ vshard: VShard, _ kind: String) -> String {
        "{\(keyPrefix)v\(vshard.rawValue < 10 ? "000" : "00")\(vshard.rawValue)}:\(kind)"
    }

    /// Moves stock in PostgreSQL as a server does that dies before it tells Redis.
    func moveInLedgerOnly(_ sku: String, by units: Int64) async throws {
        let cell = try await cell(sku).rawValue
        try await run(
            """
            BEGIN;
            UPDATE cell SET on_hand = on_hand + \(units), ver = ver + 1 WHERE id = \(cell);
            INSERT INTO stock_movement (kind, cell_id, on_hand_delta, safety_delta, allocated_delta, cause_id, reason)
                VALUES (1, \(cell), \(units), 0, 0, gen_random_uuid(), 'test');
            COMMIT
            """)
    }
}
