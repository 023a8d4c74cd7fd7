import HoldfastTesting
import PostgresClient

extension Stage {
    /// From now on the commit of a transaction that inserts into a table stands still before it is done.
    func breakCommits(of table: String) async throws {
        try await run(
            """
            CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM set_config('application_name', 'standing still', true);
                PERFORM pg_sleep(60);
                RETURN NULL;
            END
            $$;
            CREATE CONSTRAINT TRIGGER stand_still AFTER INSERT ON \(table) DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION stand_still()
            """)
    }

    /// Ends the session whose commit stands still; commits are whole again from then on.
    func endBrokenCommit() async throws {
        let isEnded = try await eventually {
            try await number(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'standing still'
                """) > 0
        }
        guard isEnded else { throw TestFailure("no commit stands still") }
        try await run("DROP FUNCTION stand_still() CASCADE")
    }
}
