-- The life of an order after its capture: units in every status, what fulfilment has of an allocation, the books of money of a
-- line, the facts of later events, and holds.

ALTER TABLE line_quantity DROP CONSTRAINT line_quantity_status_check;
ALTER TABLE line_quantity ADD CONSTRAINT line_quantity_status_check CHECK (status BETWEEN 1 AND 9);
COMMENT ON TABLE line_quantity IS
    'status 1 allocated, 2 delivered, 3 cancelled, 4 backordered, 5 released, 6 picked, 7 packed, 8 shipped, 9 returned; '
    'the sum is always the ordered quantity.';

ALTER TABLE order_allocation ADD COLUMN released bigint NOT NULL DEFAULT 0;
COMMENT ON TABLE order_allocation IS
    'quantity is what the capture took from the cell and never changes, 0 for a cell that came later; open is what the line '
    'still has of it on the shelf, released the part of open that a fulfilment has, delivered what has left.';
ALTER TABLE order_allocation DROP CONSTRAINT order_allocation_quantity_check, DROP CONSTRAINT order_allocation_check,
    DROP CONSTRAINT order_allocation_check1;
ALTER TABLE order_allocation ADD CONSTRAINT order_allocation_check
    CHECK (quantity >= 0 AND open >= 0 AND delivered >= 0 AND released BETWEEN 0 AND open);

CREATE TABLE order_line_money (
    order_id uuid NOT NULL,
    line_number smallint NOT NULL,
    earned bigint NOT NULL,
    earned_units bigint NOT NULL CHECK (earned_units >= 0),
    refund_due bigint NOT NULL DEFAULT 0,
    refund_units bigint NOT NULL DEFAULT 0 CHECK (refund_units BETWEEN 0 AND earned_units),
    PRIMARY KEY (order_id, line_number)
) WITH (fillfactor = 90);
COMMENT ON TABLE order_line_money IS
    'Sums in minor units, with the taxes that prices do not include: of units that have left, and of those among them that were '
    'lost or came back. What was cancelled is the share of the units that left the line''s waiting units, less what was earned. '
    'No row: nothing yet, or all of it where the goods were in the customer''s hands.';

CREATE TABLE order_advance (
    order_id uuid NOT NULL,
    sequence integer NOT NULL,
    status smallint NOT NULL CHECK (status > 0),
    reason text NOT NULL,
    amount bigint,
    thing smallint,
    thing_id uuid,
    before smallint,
    after smallint,
    lines smallint[] NOT NULL,
    befores smallint[] NOT NULL,
    afters smallint[] NOT NULL,
    quantities bigint[] NOT NULL,
    amounts bigint[] NOT NULL,
    locations text[] NOT NULL,
    names text[] NOT NULL,
    details text[] NOT NULL,
    PRIMARY KEY (order_id, sequence),
    CHECK (cardinality(lines) = cardinality(quantities) AND cardinality(lines) = cardinality(amounts)
        AND cardinality(lines) = cardinality(befores) AND cardinality(lines) = cardinality(afters)
        AND cardinality(lines) = cardinality(locations) AND cardinality(names) = cardinality(details))
);
CREATE TRIGGER order_advance_immutable BEFORE UPDATE OR DELETE ON order_advance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE order_advance IS
    'Immutable facts of what happened to an order after its capture, but for cancellations. lines to locations run in parallel, '
    'a status 0 is none; names and details too. thing: whose state went from before to after.';

CREATE TABLE order_hold (
    order_id uuid NOT NULL,
    number smallint NOT NULL,
    reason text COLLATE "C" NOT NULL,
    detail text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    cause_id uuid NOT NULL,
    released_at timestamptz,
    released_by text,
    release_cause uuid,
    PRIMARY KEY (order_id, number)
);
CREATE INDEX order_hold_open ON order_hold (placed_at, order_id) WHERE released_at IS NULL;
COMMENT ON TABLE order_hold IS 'Why an order waits. It is not released to be fulfilled while one is open.';

-- Which method an idempotency row belongs to is told by the first byte of its request.
CREATE TABLE audited_method (
    number smallint PRIMARY KEY,
    name text NOT NULL UNIQUE
);
INSERT INTO audited_method VALUES (2, 'ExtendReservation'), (4, 'CancelOrder'), (5, 'ReceiveStock'), (6, 'AdjustStock'),
    (7, 'CountStock'), (8, 'TransferStock'), (9, 'SetStockPolicy'), (10, 'UpsertProducts'), (11, 'UpsertLocations'),
    (12, 'UpsertChannels');
CREATE OR REPLACE FUNCTION changed_by_method(request bytea) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((SELECT name FROM audited_method
        WHERE length(request) > 0 AND number = get_byte(request, 0)), '')
$$;
