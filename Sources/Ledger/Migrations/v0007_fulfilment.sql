-- What locations and suppliers do to bring orders to their customers. As with orders, what these rows name is never deleted.

CREATE TABLE fulfilment (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    state smallint NOT NULL CHECK (state > 0),
    location_id integer NOT NULL,
    collect_location_id integer,
    wave_id uuid,
    carrier text NOT NULL DEFAULT '',
    service text NOT NULL DEFAULT '',
    cost bigint,
    cost_currency text,
    reference text NOT NULL DEFAULT '',
    released_at timestamptz NOT NULL DEFAULT now(),
    shipped_at timestamptz,
    expected_at timestamptz,
    delivered_at timestamptz,
    expires_at timestamptz,
    reminded_at timestamptz,
    code_salt bytea,
    code_hash bytea,
    code_tries smallint NOT NULL DEFAULT 0,
    UNIQUE (order_id, number),
    CHECK ((cost IS NULL) = (cost_currency IS NULL)),
    CHECK ((code_salt IS NULL) = (code_hash IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX fulfilment_location ON fulfilment (location_id, released_at, id);
CREATE INDEX fulfilment_collected_at ON fulfilment (collect_location_id, released_at, id)
    WHERE collect_location_id IS NOT NULL;
CREATE INDEX fulfilment_released ON fulfilment (released_at, id);
CREATE INDEX fulfilment_open ON fulfilment (location_id, kind, state, released_at, id);
CREATE INDEX fulfilment_wave ON fulfilment (wave_id) WHERE wave_id IS NOT NULL;
CREATE INDEX fulfilment_expiry ON fulfilment (expires_at) WHERE kind = 2 AND state = 5;
COMMENT ON TABLE fulfilment IS
    'One location''s part of an order. kind 1 ship, 2 pickup, 3 drop ship; state is that of the kind''s table. Changed under the lock '
    'of its order, but for the wave and the tries of a code. Of a code there is only the salted hash.';

CREATE TABLE fulfilment_line (
    fulfilment_id uuid NOT NULL,
    line_number smallint NOT NULL,
    cell_id bigint NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    open bigint NOT NULL CHECK (open >= 0 AND open <= quantity),
    PRIMARY KEY (fulfilment_id, line_number, cell_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE fulfilment_line IS
    'Units of an order''s line, of one cell; cell 0 is an article without stock. open is what the fulfilment still has of them, and '
    'they all have the status that follows from its state.';

CREATE TABLE fulfilment_package (
    fulfilment_id uuid NOT NULL,
    number smallint NOT NULL CHECK (number > 0),
    grams bigint NOT NULL CHECK (grams >= 0),
    length bigint NOT NULL CHECK (length >= 0),
    width bigint NOT NULL CHECK (width >= 0),
    height bigint NOT NULL CHECK (height >= 0),
    lines smallint[] NOT NULL,
    quantities bigint[] NOT NULL,
    tracking text NOT NULL DEFAULT '',
    PRIMARY KEY (fulfilment_id, number),
    CHECK (cardinality(lines) = cardinality(quantities))
);
COMMENT ON TABLE fulfilment_package IS 'lines and quantities run in parallel: what is in it.';

CREATE TABLE carrier_label (
    key uuid PRIMARY KEY,
    fulfilment_id uuid NOT NULL,
    package smallint NOT NULL,
    carrier text NOT NULL,
    asked_service text NOT NULL,
    state smallint NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4),
    service text NOT NULL DEFAULT '',
    tracking text NOT NULL DEFAULT '',
    price bigint,
    currency text,
    document bytea,
    wanted_at timestamptz NOT NULL DEFAULT now(),
    loose_at timestamptz NOT NULL
);
CREATE INDEX carrier_label_of ON carrier_label (fulfilment_id);
CREATE INDEX carrier_label_loose ON carrier_label (loose_at) WHERE state IN (1, 2);
COMMENT ON TABLE carrier_label IS
    'What a carrier is asked for, written before it is asked. state 1 wanted, 2 made, 3 used: the package left with it, 4 given back. '
    'The key follows from fulfilment, package, carrier and service, and is the same for ever, so that the same label comes '
    'again. It is the only unique one, so that the same wish twice at once is one row. One that its fulfilment does not use is given back, '
    'not before loose_at: until then a carrier may still be making it, or a server gives it back already.';

CREATE TABLE undelivered_goods (
    fulfilment_id uuid NOT NULL,
    line_number smallint NOT NULL,
    disposition smallint NOT NULL CHECK (disposition BETWEEN 1 AND 6),
    location_id integer NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    cause_id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (fulfilment_id, line_number, disposition)
);
COMMENT ON TABLE undelivered_goods IS 'Where the goods of fulfilments are that came back undelivered, and what became of them.';

CREATE TABLE order_tracking (
    order_id uuid PRIMARY KEY,
    token uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()
);
COMMENT ON TABLE order_tracking IS 'The token that opens the tracking of an order to its customer, made at the first release.';

CREATE TABLE release_due (
    order_id uuid NOT NULL,
    cause_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, cause_id)
);
CREATE INDEX release_due_at ON release_due (at);
COMMENT ON TABLE release_due IS
    'Orders with units that a later step has set aside at another location, to be released by whoever finds them first.';

INSERT INTO audited_method (number, name) VALUES
    (40, 'ReleaseOrder'), (41, 'CreateWave'), (42, 'StartPicking'), (43, 'ConfirmPick'), (44, 'PackFulfilment'),
    (45, 'ShipFulfilment'), (46, 'ConfirmDelivery'), (47, 'ReportLost'), (48, 'DeclineFulfilment'), (49, 'SendToStore'),
    (50, 'MakeReady'), (51, 'RemindPickup'), (52, 'ExtendPickup'), (53, 'CollectPickup'), (54, 'RestockPickup'),
    (55, 'AcknowledgeSupplierOrder'), (56, 'RejectSupplierOrder'), (57, 'NotifyShipment'), (58, 'ReceiveUndelivered');
