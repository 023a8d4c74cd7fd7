-- The durable side of Holdfast: catalogue, cells, holds, movements, orders, outbox.
-- Quantities are whole units, amounts minor units of the row's currency, instants UTC.

CREATE TABLE deployment (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    vshards smallint NOT NULL CHECK (vshards BETWEEN 1 AND 1024),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE deployment IS 'One row: who this database belongs to. The number of vshards never changes.';
INSERT INTO deployment (vshards) VALUES (16);

CREATE TABLE shard (
    id smallint PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 1
);
COMMENT ON TABLE shard IS 'The fence: a promise made under another epoch than this one is not journalled.';
INSERT INTO shard (id) SELECT generate_series(0, vshards - 1) FROM deployment;

-- Catalogue. changed_xid lets every server follow changes without missing a late commit.

CREATE TABLE product (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    barcode text NOT NULL,
    tracked boolean NOT NULL,
    vshard smallint NOT NULL REFERENCES shard (id),
    changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX product_changed ON product (changed_xid);

CREATE TABLE location (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    rank integer NOT NULL,
    time_zone text NOT NULL,
    changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX location_changed ON location (changed_xid);

CREATE TABLE channel (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX channel_changed ON channel (changed_xid);

-- Stock.

CREATE TABLE cell (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id integer NOT NULL REFERENCES product (id),
    location_id integer NOT NULL REFERENCES location (id),
    pool integer NOT NULL DEFAULT 0,
    due date NOT NULL DEFAULT '-infinity',
    vshard smallint NOT NULL REFERENCES shard (id),
    on_hand bigint NOT NULL DEFAULT 0 CHECK (on_hand BETWEEN 0 AND 1000000000000000),
    safety bigint NOT NULL DEFAULT 0 CHECK (safety >= 0),
    allocated bigint NOT NULL DEFAULT 0 CHECK (allocated BETWEEN 0 AND 1000000000000000),
    held_direct bigint NOT NULL DEFAULT 0 CHECK (held_direct >= 0),
    ver bigint NOT NULL DEFAULT 1,
    created_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    UNIQUE (product_id, location_id, pool, due)
) WITH (fillfactor = 70);
CREATE INDEX cell_created ON cell (created_xid);
COMMENT ON TABLE cell IS
    'One supply that can be promised. base = on_hand - safety - allocated; ver rises with every change of base. '
    'Pool 0 is shared by all channels; due -infinity is stock on hand. The columns are the fold of stock_movement.';

CREATE TABLE stock_movement (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind smallint NOT NULL,
    cell_id bigint NOT NULL,
    on_hand_delta bigint NOT NULL,
    safety_delta bigint NOT NULL,
    allocated_delta bigint NOT NULL,
    cause_id uuid NOT NULL,
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stock_movement_cell ON stock_movement (cell_id, sequence);
CREATE INDEX stock_movement_cause ON stock_movement (cause_id, sequence);
COMMENT ON TABLE stock_movement IS 'Immutable facts; a cell''s columns are always their sum.';
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER stock_movement_immutable BEFORE UPDATE OR DELETE ON stock_movement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE stock_shortage (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cell_id bigint NOT NULL REFERENCES cell (id),
    quantity bigint NOT NULL CHECK (quantity > 0),
    cause_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    closed_by uuid
);
CREATE INDEX stock_shortage_open ON stock_shortage (cell_id) WHERE closed_at IS NULL;
COMMENT ON TABLE stock_shortage IS 'Units promised beyond what is there, recorded until a count settles them.';

-- Holds: reservations, and the final record of every other take from Redis.

CREATE TABLE hold (
    id uuid NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    channel_id integer NOT NULL DEFAULT 0,
    request bytea NOT NULL DEFAULT '',
    fingerprint bigint NOT NULL DEFAULT 0,
    lines smallint[] NOT NULL DEFAULT '{}',
    cells bigint[] NOT NULL DEFAULT '{}',
    quantities bigint[] NOT NULL DEFAULT '{}',
    vshards smallint[] NOT NULL DEFAULT '{}',
    epochs bigint[] NOT NULL DEFAULT '{}',
    seqs bigint[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    closed_at timestamptz,
    order_id uuid,
    PRIMARY KEY (id, kind)
);
CREATE INDEX hold_expiry ON hold (expires_at) WHERE state = 1;
CREATE INDEX hold_closed ON hold (closed_at) WHERE state <> 1;
COMMENT ON TABLE hold IS
    'kind 1 reservation, 2 order, 3 movement; state 1 held, 2 confirmed, 3 released, 4 expired, 5 voided. '
    'lines, cells and quantities run in parallel: which request line takes how much from which cell.';

CREATE TABLE journal_seq (
    vshard smallint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (vshard, epoch, seq)
);
COMMENT ON TABLE journal_seq IS
    'The tripwire: a call of a vshard''s admission is journalled once. A Redis that went back in time repeats a number.';

-- Orders. What they name was read in the capturing transaction and is never deleted, so no foreign keys are checked here:
-- each would cost a look-up for every line of every order.

CREATE TABLE orders (
    id uuid PRIMARY KEY,
    channel_id integer NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    request bytea NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    customer_name text NOT NULL,
    customer_email text NOT NULL,
    customer_country text NOT NULL,
    currency text NOT NULL,
    subtotal bigint NOT NULL,
    added_tax bigint NOT NULL,
    shortage bigint NOT NULL,
    goods_in_hand boolean NOT NULL,
    reservation_id uuid,
    ordered_at timestamptz NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    events integer NOT NULL DEFAULT 1,
    UNIQUE (channel_id, external_id)
) WITH (fillfactor = 90);
CREATE INDEX orders_placed ON orders (placed_at, id);
CREATE INDEX orders_customer ON orders (customer_id, placed_at, id) WHERE customer_id <> '';

CREATE TABLE order_line (
    order_id uuid NOT NULL,
    line_number smallint NOT NULL,
    product_id integer NOT NULL,
    description text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    price_units bigint NOT NULL,
    price_nanos integer NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (order_id, line_number)
);

CREATE TABLE order_line_tax (
    order_id uuid NOT NULL,
    line_number smallint NOT NULL,
    tax_number smallint NOT NULL,
    name text NOT NULL,
    amount bigint NOT NULL,
    included boolean NOT NULL,
    PRIMARY KEY (order_id, line_number, tax_number)
);

CREATE TABLE line_quantity (
    order_id uuid NOT NULL,
    line_number smallint NOT NULL,
    status smallint NOT NULL CHECK (status BETWEEN 1 AND 3),
    quantity bigint NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (order_id, line_number, status)
) WITH (fillfactor = 90);
COMMENT ON TABLE line_quantity IS 'status 1 allocated, 2 delivered, 3 cancelled; the sum is always the ordered quantity.';

CREATE TABLE order_allocation (
    order_id uuid NOT NULL,
    line_number smallint NOT NULL,
    cell_id bigint NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    open bigint NOT NULL CHECK (open >= 0 AND open <= quantity),
    delivered bigint NOT NULL CHECK (delivered >= 0 AND open + delivered <= quantity),
    PRIMARY KEY (order_id, line_number, cell_id)
) WITH (fillfactor = 90);
COMMENT ON TABLE order_allocation IS
    'quantity is what the capture took from the cell and never changes; open is what the line still has of it.';

CREATE TABLE order_event (
    order_id uuid NOT NULL,
    sequence integer NOT NULL,
    kind smallint NOT NULL,
    cause_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, sequence)
);

-- What every mutation leaves beside its effect.

CREATE TABLE idempotency (
    id uuid NOT NULL,
    kind smallint NOT NULL,
    request bytea NOT NULL,
    reply bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, kind)
);
CREATE INDEX idempotency_created ON idempotency (created_at);
COMMENT ON TABLE idempotency IS 'kind 1 catalogue, 2 stock change, 3 cancellation, 4 extension of a reservation.';

CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    topic text NOT NULL,
    subject uuid NOT NULL,
    subject_sequence integer NOT NULL,
    cause_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_order ON outbox (xid, seq);
COMMENT ON TABLE outbox IS
    'Written with the fact it tells of. Read in the order of (xid, seq) below pg_snapshot_xmin, which skips nothing.';
