-- Events are read from the outbox. What is told of a fact is read from rows that never change: orders and their lines as
-- captured, movements of stock, and what a cancellation did, which is kept here.

CREATE TABLE order_cancellation (
    order_id uuid NOT NULL,
    sequence integer NOT NULL,
    reason text NOT NULL,
    status smallint NOT NULL CHECK (status > 0),
    lines smallint[] NOT NULL,
    quantities bigint[] NOT NULL,
    amounts bigint[] NOT NULL,
    PRIMARY KEY (order_id, sequence),
    CHECK (cardinality(lines) = cardinality(quantities) AND cardinality(lines) = cardinality(amounts))
);
CREATE TRIGGER order_cancellation_immutable BEFORE UPDATE OR DELETE ON order_cancellation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE order_cancellation IS
    'Immutable facts: lines, quantities and amounts run in parallel; status is the order''s after it, as in the contract.';

-- A transaction may have its number before it gets the lock of an order that another one changes, and then comes after it with
-- a lower number. Its event is put behind the other's all the same: under the highest number that the order's events had.
ALTER TABLE orders ADD COLUMN event_xid xid8;
COMMENT ON COLUMN orders.event_xid IS 'The highest xid of the order''s events but the first; null where there is only that.';

COMMENT ON COLUMN outbox.xid IS
    'Not lower than that of the transaction that wrote the row: what is below pg_snapshot_xmin was written by one that has ended.';

COMMENT ON TABLE order_line IS 'Lines as they were captured. They never change: events are told from them.';

CREATE FUNCTION event_mark(topic text, subject uuid, subject_sequence integer, cause_id uuid, recorded_at timestamptz)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ('x' || encode(substr(sha256(convert_to(concat_ws(' ', topic, subject, subject_sequence, cause_id,
        (extract(epoch FROM recorded_at) * 1000000)::bigint), 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
$$;
COMMENT ON FUNCTION event_mark IS
    'Tells an event from another one in the same place: after a restore, numbers are given again to other facts.';

CREATE TABLE outbox_floor (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    xid xid8 NOT NULL DEFAULT '0',
    seq bigint NOT NULL DEFAULT 0,
    mark bigint NOT NULL DEFAULT 0
);
INSERT INTO outbox_floor DEFAULT VALUES;
COMMENT ON TABLE outbox_floor IS 'One row: the last event that was pruned. Events go in order, so that all behind it are there.';
