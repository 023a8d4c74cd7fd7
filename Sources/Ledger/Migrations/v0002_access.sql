-- Who may call, and who changed what.

CREATE TABLE api_key (
    id uuid PRIMARY KEY,
    prefix text COLLATE "C" NOT NULL UNIQUE CHECK (length(prefix) >= 10),
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    request bytea NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL CHECK (cardinality(roles) > 0),
    channels text[] CHECK (cardinality(channels) > 0),
    locations text[] CHECK (cardinality(locations) > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    revoked_at timestamptz,
    replaced_by uuid,
    changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX api_key_changed ON api_key (changed_xid);
CREATE INDEX api_key_created ON api_key (created_at, id);
COMMENT ON TABLE api_key IS
    'secret_hash is the SHA-256 of 256 random bits, which no search can find again: a slow hash would add nothing. '
    'channels and locations are null where they are not limited. changed_xid lets every server follow changes.';

CREATE TABLE access_event (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    method text NOT NULL,
    caller text NOT NULL,
    request_id uuid NOT NULL,
    subject_id uuid,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX access_event_at ON access_event (at);
CREATE INDEX access_event_request ON access_event (request_id);
CREATE INDEX access_event_subject ON access_event (subject_id);
CREATE TRIGGER access_event_immutable BEFORE UPDATE OR DELETE ON access_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE access_event IS 'Immutable facts: what was done to API keys, and by whom.';

-- Callers who are held to channels or locations list by them.
CREATE INDEX orders_channel_placed ON orders (channel_id, placed_at, id);
CREATE INDEX cell_location ON cell (location_id);

-- Every other change names its caller in the row that it leaves anyway, so that recording it costs no statement.

ALTER TABLE hold ADD COLUMN caller text NOT NULL DEFAULT '', ADD COLUMN closed_by text NOT NULL DEFAULT '';
CREATE INDEX hold_created ON hold (created_at) WHERE kind = 1;
ALTER TABLE orders ADD COLUMN caller text NOT NULL DEFAULT '';
ALTER TABLE idempotency ADD COLUMN caller text NOT NULL DEFAULT '', ADD COLUMN subject_id uuid;
CREATE INDEX idempotency_subject ON idempotency (subject_id) WHERE subject_id IS NOT NULL;

CREATE VIEW audit_event (at, request_id, method, caller, subject_id) AS
SELECT created_at, id, 'Reserve'::text, caller, NULL::uuid FROM hold WHERE kind = 1 AND state <> 5
UNION ALL
SELECT closed_at, id, 'ReleaseReservation'::text, closed_by, NULL::uuid FROM hold WHERE kind = 1 AND state = 3
UNION ALL
SELECT placed_at, id, 'PlaceOrder'::text, caller, NULL::uuid FROM orders
UNION ALL
SELECT created_at, id,
    CASE CASE WHEN length(request) > 0 THEN get_byte(request, 0) END
        WHEN 2 THEN 'ExtendReservation' WHEN 4 THEN 'CancelOrder' WHEN 5 THEN 'ReceiveStock' WHEN 6 THEN 'AdjustStock'
        WHEN 7 THEN 'CountStock' WHEN 8 THEN 'TransferStock' WHEN 9 THEN 'SetStockPolicy'
        WHEN 10 THEN 'UpsertProducts' WHEN 11 THEN 'UpsertLocations' WHEN 12 THEN 'UpsertChannels' ELSE '' END,
    caller, subject_id FROM idempotency
UNION ALL
SELECT at, request_id, method, caller, subject_id FROM access_event;
COMMENT ON VIEW audit_event IS
    'Who changed what, of all changes. The method of an idempotency row is the first byte of its stored request.';
