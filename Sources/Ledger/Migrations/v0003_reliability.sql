-- What several servers need to survive the loss of a store: who decides for a vshard, who does work that one server does,
-- which PostgreSQL this is, and indexes that read one vshard.

ALTER TABLE shard ADD COLUMN mode smallint NOT NULL DEFAULT 1 CHECK (mode IN (1, 2));
COMMENT ON COLUMN shard.mode IS
    '1 Redis admits, 2 PostgreSQL admits. In mode 2 held_direct of a cell is the sum of its live reservations, kept with '
    'every change of a hold; in mode 1 it means nothing. Changes together with the epoch, under the exclusive fence.';

CREATE TABLE lease (
    name text COLLATE "C" PRIMARY KEY,
    holder uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE lease IS 'Work that one server does at a time. A lapsed lease is harmless: the epochs fence what it allowed.';

CREATE TABLE server_presence (
    id uuid PRIMARY KEY,
    sees_redis boolean NOT NULL,
    seen_at timestamptz NOT NULL
);
COMMENT ON TABLE server_presence IS 'Servers that run, and whether each can use Redis now.';

ALTER TABLE deployment ADD COLUMN system_identifier bigint, ADD COLUMN timeline bigint,
    ADD COLUMN pulse bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN deployment.pulse IS
    'Rises with every look of a server at who may promise. Redis remembers it: a PostgreSQL with a lower one went back.';
COMMENT ON COLUMN deployment.timeline IS
    'The PostgreSQL that the epochs belong to. Another system or timeline has forgotten something: epochs must rise.';

-- Not by id: a look for ids in a table without statistics would be planned as a walk through all of it, id by id.
CREATE INDEX hold_live ON hold ((vshards[1]), created_at) WHERE state = 1;
CREATE INDEX hold_live_wide ON hold (id, kind) WHERE state = 1 AND cardinality(vshards) > 1;
CREATE INDEX cell_vshard ON cell (vshard, id);

-- What is live changes within minutes, the size of these tables within days: statistics must follow the former.
ALTER TABLE hold SET (autovacuum_analyze_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE cell SET (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE orders SET (autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE idempotency SET (autovacuum_analyze_scale_factor = 0.02);

-- An epoch belongs to one mode. A program from before the modes raises epochs and then trusts Redis: its raise ends mode 2.
CREATE FUNCTION raise_ends_mode_2() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.mode := 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER shard_raise_ends_mode_2 BEFORE UPDATE OF epoch ON shard FOR EACH ROW
    WHEN (NEW.epoch <> OLD.epoch AND OLD.mode = 2 AND NEW.mode = 2) EXECUTE FUNCTION raise_ends_mode_2();

-- Retention: rows that only make repetitions safe go after a time. What they say of who changed what stays, in a line.

CREATE FUNCTION changed_by_method(request bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE CASE WHEN length(request) > 0 THEN get_byte(request, 0) END
        WHEN 2 THEN 'ExtendReservation' WHEN 4 THEN 'CancelOrder' WHEN 5 THEN 'ReceiveStock' WHEN 6 THEN 'AdjustStock'
        WHEN 7 THEN 'CountStock' WHEN 8 THEN 'TransferStock' WHEN 9 THEN 'SetStockPolicy'
        WHEN 10 THEN 'UpsertProducts' WHEN 11 THEN 'UpsertLocations' WHEN 12 THEN 'UpsertChannels' ELSE '' END
$$;

CREATE TABLE past_change (
    at timestamptz NOT NULL,
    request_id uuid NOT NULL,
    method text NOT NULL,
    caller text NOT NULL,
    subject_id uuid
);
CREATE INDEX past_change_at ON past_change (at);
CREATE INDEX past_change_request ON past_change (request_id);
CREATE INDEX past_change_subject ON past_change (subject_id) WHERE subject_id IS NOT NULL;
COMMENT ON TABLE past_change IS 'Who changed what, of idempotency rows that were pruned.';

CREATE OR REPLACE VIEW audit_event (at, request_id, method, caller, subject_id) AS
SELECT created_at, id, 'Reserve'::text, caller, NULL::uuid FROM hold WHERE kind = 1 AND state <> 5
UNION ALL
SELECT closed_at, id, 'ReleaseReservation'::text, closed_by, NULL::uuid FROM hold WHERE kind = 1 AND state = 3
UNION ALL
SELECT placed_at, id, 'PlaceOrder'::text, caller, NULL::uuid FROM orders
UNION ALL
SELECT created_at, id, changed_by_method(request), caller, subject_id FROM idempotency
UNION ALL
SELECT at, request_id, method, caller, subject_id FROM past_change
UNION ALL
SELECT at, request_id, method, caller, subject_id FROM access_event;
COMMENT ON VIEW audit_event IS
    'Who changed what. The method of an idempotency row is the first byte of its stored request. Reservations, their '
    'extensions and releases are told as long as their rows are kept, everything else for good.';

-- Which Redis admits for this database, as its servers report it.

CREATE TABLE admission_redis (
    instance uuid PRIMARY KEY,
    key_prefix text NOT NULL,
    server uuid NOT NULL,
    established_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_at timestamptz NOT NULL
);
COMMENT ON TABLE admission_redis IS
    'A row for each set of keys in Redis that a server has found for this deployment; a Redis that was emptied is a new one. '
    'Two that are confirmed at the same time are two Redis, or two key prefixes, under one database.';
