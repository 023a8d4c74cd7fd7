import PostgresClient
import Synchronization

/// Follows PostgreSQL's own log of what was committed, and replays it.
///
/// Made before the first server starts, so that it misses nothing. A crash of PostgreSQL may make it tell a transaction
/// twice; what was seen before is passed over.
package final class CommitStream: Sendable {
    private struct State {
        var messages = LogMessages()
        var replay: CommitReplay
        var position: UInt64 = 0
        /// A message that could not be read: what came with it is lost to the replay.
        var malformed: LogMessages.Malformed?
    }

    private static let name = "holdfast_torture"
    private static let publish = PostgresStatement(
        "torture_publish",
        """
        CREATE PUBLICATION holdfast_torture FOR TABLE shard, journal_seq,
            hold (id, kind, state, cells, quantities, vshards, epochs, seqs, order_id),
            cell (id, vshard, on_hand, safety, allocated, held_direct),
            stock_movement (sequence, cell_id, on_hand_delta, safety_delta, allocated_delta, cause_id),
            stock_shortage (id, cell_id, quantity, closed_at)
        """)
    private static let slot = PostgresStatement(
        "torture_slot", "SELECT pg_create_logical_replication_slot($1::text, 'pgoutput')::text")
    private static let shardRows = PostgresStatement(
        "torture_shards", "SELECT * FROM shard ORDER BY id", access: .readOnly)
    private static let fetch = PostgresStatement(
        "torture_fetch",
        """
        SELECT data FROM pg_logical_slot_get_binary_changes(
            $1::text, NULL, $2::int4, 'proto_version', '1', 'publication_names', $1::text)
        """)
    private static let endHolder = PostgresStatement(
        "torture_end_holder",
        """
        SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
        WHERE slot_name = $1::text AND active_pid IS NOT NULL
        """)
    /// Messages that one look asks for; the last transaction is always whole.
    private static let portion: Int32 = 20_000

    private let ledger: LedgerReader
    private let state: Mutex<State>

    private init(ledger: LedgerReader, shards: [CommittedTransaction.Shard]) {
        self.ledger = ledger
        state = Mutex(State(replay: CommitReplay(shards: shards)))
    }

    /// Begins to follow, from now on.
    package static func begin(_ ledger: LedgerReader) async throws -> CommitStream {
        let shards = try await ledger.pool.withConnection { connection in
            _ = try connection.execute(Self.publish)
            _ = try connection.execute(Self.slot, [.text(Self.name)])
            return try connection.execute(Self.shardRows).map { row in
                CommittedTransaction.Shard(id: Int(try row.int16(0)), epoch: try row.int64(1))
            }
        }
        return CommitStream(ledger: ledger, shards: shards)
    }

    /// Reads what was committed since the last look; true where there may be more.
    private func look() async throws -> Bool {
        let messages = try await ledger.pool.withConnection { connection in
            try connection.execute(Self.fetch, [.text(Self.name), .int32(Self.portion)]).map { try $0.bytes(0) }
        }
        try state.withLock { state in
            for message in messages {
                guard let transaction = try state.messages.read(message), transaction.position > state.position else {
                    continue
                }
                state.position = transaction.position
                state.replay.apply(transaction)
            }
        }
        return messages.count >= Int(Self.portion)
    }

    /// Follows until cancelled; PostgreSQL may come and go.
    package func follow() async {
        while !Task.isCancelled {
            do {
                while try await look() {}
            } catch let error as LogMessages.Malformed {
                state.withLock { $0.malformed = error }
            } catch {
                // PostgreSQL is away; what it has committed is there when it is back.
            }
            do { try await Task.sleep(for: .milliseconds(300)) } catch { return }
        }
    }

    /// Reads to the end of the log and returns the replay.
    ///
    /// A session that was cut off may still have the log in its hands: it is ended. Throws where the log cannot be read, or a
    /// part of it could not be.
    package func finish() async throws -> CommitReplay {
        if let malformed = state.withLock({ $0.malformed }) { throw malformed }
        for _ in 0..<100 {
            do {
                while try await look() {}
                return state.withLock { $0.replay }
            } catch let error as PostgresError {
                guard case .server = error.kind else { throw error }
                _ = try await ledger.pool.withConnection { connection in
                    try connection.execute(Self.endHolder, [.text(Self.name)])
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        while try await look() {}
        return state.withLock { $0.replay }
    }
}
