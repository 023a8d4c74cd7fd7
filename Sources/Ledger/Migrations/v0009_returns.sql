-- Goods that come back: the rules, what was granted, what came, what was found and what is paid back.

CREATE TABLE return_rules (
    version integer PRIMARY KEY CHECK (version > 0),
    time_zone text NOT NULL,
    second_grade_suffix text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL
);
CREATE TABLE return_rule (
    version integer NOT NULL REFERENCES return_rules (version),
    number smallint NOT NULL CHECK (number > 0),
    name text COLLATE "C" NOT NULL,
    channels text[] NOT NULL,
    articles text[] NOT NULL,
    reasons smallint[] NOT NULL,
    methods smallint[] NOT NULL,
    without_order boolean NOT NULL,
    fee_currency text,
    accepts boolean NOT NULL,
    window_days integer NOT NULL CHECK (window_days BETWEEN 0 AND 36500),
    arrival_days integer NOT NULL CHECK (arrival_days BETWEEN 1 AND 365),
    conditions smallint[] NOT NULL,
    fee bigint NOT NULL CHECK (fee >= 0),
    fee_basis_points integer NOT NULL CHECK (fee_basis_points BETWEEN 0 AND 10000),
    share_dispositions smallint[] NOT NULL,
    share_basis_points integer[] NOT NULL CHECK (cardinality(share_basis_points) = cardinality(share_dispositions)),
    label_payer smallint NOT NULL CHECK (label_payer > 0),
    refund_ahead boolean NOT NULL,
    refund_way smallint NOT NULL CHECK (refund_way > 0),
    needs_approval boolean NOT NULL,
    PRIMARY KEY (version, number),
    UNIQUE (version, name)
);
CREATE TRIGGER return_rules_immutable BEFORE UPDATE OR DELETE ON return_rules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_rule_immutable BEFORE UPDATE OR DELETE ON return_rule
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE return_rules IS
    'Versions of the rules about returns; the highest one is in force. Days of windows begin in time_zone.';
COMMENT ON TABLE return_rule IS
    'Immutable: a line of a return names its rule, and its terms are the rule''s. Basis points are of 10,000; the columns '
    'from window_days on mean nothing where accepts is false.';

CREATE TABLE return_order (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    order_id uuid,
    channel_id integer NOT NULL,
    currency text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 12),
    method smallint NOT NULL CHECK (method BETWEEN 1 AND 3),
    rules_version integer NOT NULL CHECK (rules_version >= 0),
    claim_basis_points integer CHECK (claim_basis_points BETWEEN 1 AND 10000),
    fee bigint NOT NULL CHECK (fee >= 0),
    refund_way smallint NOT NULL CHECK (refund_way > 0),
    refund bigint NOT NULL DEFAULT 0 CHECK (refund >= 0),
    settlement smallint NOT NULL DEFAULT 0 CHECK (settlement >= 0),
    settlement_reference text NOT NULL DEFAULT '',
    location_id integer,
    note text NOT NULL,
    events integer NOT NULL CHECK (events > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    CHECK ((state = 8) = (settlement > 0))
) WITH (fillfactor = 90);
CREATE INDEX return_order_order ON return_order (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX return_order_created ON return_order (created_at, id);
CREATE INDEX return_order_channel ON return_order (channel_id, created_at, id);
CREATE INDEX return_order_state ON return_order (state, created_at, id);
CREATE INDEX return_order_expiry ON return_order (expires_at) WHERE state IN (2, 3);
COMMENT ON TABLE return_order IS
    'state as in Lifecycle.returnOrder. order_id is null where no order is known; claim_basis_points is null but for claims, '
    'which have no rules and rules_version 0. refund is what is due to the customer, fees taken off, from the decision on. '
    'Changes only while the row of its order is locked, or its own where there is no order.';

CREATE TABLE return_line (
    return_id uuid NOT NULL REFERENCES return_order (id),
    line_number smallint NOT NULL CHECK (line_number > 0),
    order_id uuid,
    order_line smallint,
    product_id integer NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    reserved bigint NOT NULL CHECK (reserved BETWEEN 0 AND quantity),
    received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND quantity),
    reason smallint NOT NULL CHECK (reason > 0),
    condition smallint NOT NULL CHECK (condition > 0),
    rule smallint,
    value bigint NOT NULL DEFAULT 0 CHECK (value >= 0),
    refund bigint NOT NULL DEFAULT 0 CHECK (refund BETWEEN 0 AND value),
    PRIMARY KEY (return_id, line_number),
    CHECK ((order_id IS NULL) = (order_line IS NULL))
) WITH (fillfactor = 90);
CREATE INDEX return_line_order ON return_line (order_id, order_line) WHERE order_id IS NOT NULL;
COMMENT ON TABLE return_line IS
    'reserved are units that are with the customer and that no other return may have: those that are to come, and those of a '
    'claim for good. value is what accepted units are worth, refund what is given for them.';

CREATE TABLE return_receipt (
    return_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    line_number smallint NOT NULL,
    location_id integer NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    cause_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (return_id, number)
);
CREATE TABLE return_variance (
    return_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    sku text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    location_id integer,
    cause_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (return_id, number)
);
CREATE TABLE return_inspection (
    return_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    line_number smallint NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    condition smallint NOT NULL CHECK (condition > 0),
    disposition smallint NOT NULL CHECK (disposition > 0),
    value bigint NOT NULL CHECK (value >= 0),
    refund bigint NOT NULL CHECK (refund BETWEEN 0 AND value),
    note text NOT NULL,
    cause_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (return_id, number)
);
CREATE TABLE return_event (
    return_id uuid NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    event smallint NOT NULL CHECK (event > 0),
    state smallint NOT NULL CHECK (state > 0),
    reason text NOT NULL,
    cause_id uuid NOT NULL,
    caller text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (return_id, sequence)
);
CREATE TRIGGER return_receipt_immutable BEFORE UPDATE OR DELETE ON return_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_variance_immutable BEFORE UPDATE OR DELETE ON return_variance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_inspection_immutable BEFORE UPDATE OR DELETE ON return_inspection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_event_immutable BEFORE UPDATE OR DELETE ON return_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE return_receipt IS 'Immutable facts: units of a line that came to a location.';
COMMENT ON TABLE return_variance IS 'Immutable facts: 1 less, 2 more, 3 another article than was announced.';
COMMENT ON TABLE return_inspection IS 'Immutable facts: what becomes of units that came.';
COMMENT ON TABLE return_event IS 'Immutable facts: the history of a return, without gaps; event and state as in Lifecycle.returnOrder.';

CREATE TABLE return_exchange (
    id uuid PRIMARY KEY,
    return_id uuid NOT NULL REFERENCES return_order (id),
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
    skus text[] NOT NULL,
    locations text[] NOT NULL,
    quantities bigint[] NOT NULL,
    price_units bigint[] NOT NULL,
    price_nanos integer[] NOT NULL,
    amounts bigint[] NOT NULL,
    body bytea NOT NULL,
    caller text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX return_exchange_standing ON return_exchange (return_id) WHERE state <> 3;
CREATE INDEX return_exchange_asked ON return_exchange (asked_at) WHERE state = 1;
COMMENT ON TABLE return_exchange IS
    'Goods in place of those of a return; id is that of the new order. state 1 asked: the order is being placed, 2 placed, '
    '3 given up. The arrays run in parallel, a line each. Who stops in state 1 is gone on with.';

ALTER TABLE order_line_money ADD COLUMN withheld bigint NOT NULL DEFAULT 0 CHECK (withheld >= 0);
COMMENT ON COLUMN order_line_money.withheld IS
    'What of the value of units that came back is kept: fees, and what they lost in value. refund_due does not have it.';

INSERT INTO audited_method VALUES (80, 'UpsertReturnRules'), (81, 'CreateReturn'), (82, 'CreateClaim'),
    (83, 'CreateBlindReturn'), (84, 'ChangeReturn'), (85, 'ReceiveReturn'), (86, 'InspectReturn'), (87, 'SettleReturn'),
    (88, 'ExchangeReturn'), (89, 'EndExchange');
