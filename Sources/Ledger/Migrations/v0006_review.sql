-- How orders are to be delivered, and what keeps them from being released.

CREATE TABLE order_delivery (
    order_id uuid NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    method smallint NOT NULL CHECK (method IN (1, 2)),
    service text NOT NULL,
    pickup_location_id integer,
    has_address boolean NOT NULL,
    name text NOT NULL,
    lines text[] NOT NULL,
    city text NOT NULL,
    region text NOT NULL,
    postcode text NOT NULL,
    country text NOT NULL,
    phone text NOT NULL,
    latitude double precision,
    longitude double precision,
    PRIMARY KEY (order_id, sequence),
    CHECK ((method = 2) = (pickup_location_id IS NOT NULL)),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);
COMMENT ON TABLE order_delivery IS
    'method 1 ship, 2 pickup. A row for each event of the order that told how it is to be delivered, 1 being its capture: the '
    'last one holds. Orders without a row are delivered as the channel knows.';

CREATE TABLE channel_review (
    channel_id integer PRIMARY KEY,
    remorse_seconds integer NOT NULL CHECK (remorse_seconds >= 0),
    stock boolean NOT NULL,
    backordered boolean NOT NULL,
    zero_price boolean NOT NULL,
    price_tolerance integer CHECK (price_tolerance >= 0),
    address boolean NOT NULL,
    zone_countries text[] NOT NULL,
    zone_prefixes text[] NOT NULL,
    payment boolean NOT NULL,
    maximum_amount bigint CHECK (maximum_amount >= 0),
    maximum_units bigint CHECK (maximum_units > 0),
    fraud_milliseconds integer CHECK (fraud_milliseconds > 0),
    fraud_holds boolean NOT NULL,
    CHECK (cardinality(zone_countries) = cardinality(zone_prefixes))
);
COMMENT ON TABLE channel_review IS
    'What a channel wants its orders to be looked at for; no row, no review. zone_countries and zone_prefixes run in parallel, '
    'prefixes with blanks between; null is no bound, and no fraud check.';

CREATE TABLE channel_price (
    channel_id integer NOT NULL,
    product_id integer NOT NULL,
    price_units bigint NOT NULL,
    price_nanos integer NOT NULL,
    PRIMARY KEY (channel_id, product_id)
);
COMMENT ON TABLE channel_price IS 'What a channel itself asks for one unit: what prices of orders are compared with.';

CREATE TABLE order_review (
    order_id uuid PRIMARY KEY,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    due_at timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    looks integer NOT NULL DEFAULT 0,
    version integer NOT NULL DEFAULT 0,
    round integer NOT NULL DEFAULT 1,
    release_due timestamptz,
    verdict smallint CHECK (verdict BETWEEN 1 AND 3),
    verdict_round integer,
    verdict_reason text NOT NULL DEFAULT ''
) WITH (fillfactor = 80);
CREATE INDEX order_review_due ON order_review (due_at) WHERE due_at < 'infinity';
COMMENT ON TABLE order_review IS
    'state 1 due, 2 held, 3 validated, 4 released, 5 ended. due_at: when a server looks at it next; whoever does moves it on first, '
    'so that the order is found again if that one dies. failures since the last look that came to an end; looks that came to one. '
    'version rises with each change. '
    'round rises when the order itself is changed: verdicts (1 accepted, 2 suspected, 3 rejected) and approvals are of a round.';

ALTER TABLE order_hold ADD COLUMN round integer NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX order_hold_once ON order_hold (order_id, reason) WHERE released_at IS NULL;
COMMENT ON COLUMN order_hold.round IS 'The round of the review that it was placed in; 0 where the order has none.';

INSERT INTO audited_method (number, name) VALUES
    (20, 'HoldOrder'), (21, 'ApproveOrder'), (22, 'ValidateOrder'), (23, 'SetPrices'), (24, 'ReviewOrder');

-- Changes of an order after its capture.

ALTER TABLE order_line ADD COLUMN since_event integer NOT NULL DEFAULT 1;
COMMENT ON TABLE order_line IS
    'Lines as they were captured (since_event 1), or added by the order''s event with that number. They never change: events are '
    'told from them.';
ALTER TABLE orders ADD COLUMN amended_subtotal bigint NOT NULL DEFAULT 0, ADD COLUMN amended_tax bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN orders.amended_subtotal IS 'Amounts of the lines that were added after the capture; amended_tax alike.';

INSERT INTO audited_method (number, name) VALUES (25, 'AmendOrder');

-- Drafts and quotes.

CREATE TABLE order_draft (
    id uuid PRIMARY KEY,
    channel_id integer NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    revision integer NOT NULL CHECK (revision > 0),
    content bytea NOT NULL,
    note text NOT NULL,
    valid_until timestamptz NOT NULL DEFAULT 'infinity',
    saved_at timestamptz NOT NULL DEFAULT now(),
    saved_by text NOT NULL,
    attempts integer NOT NULL DEFAULT 0
);
CREATE INDEX order_draft_channel ON order_draft (channel_id, saved_at, id);
CREATE INDEX order_draft_saved ON order_draft (saved_at, id);
COMMENT ON TABLE order_draft IS
    'state 1 open, 2 placed, 3 discarded, 4 placing. content is the order as it is to be placed, under the draft''s id; while a '
    'draft is placed nobody can change it. attempts numbers the attempts to place it.';

INSERT INTO audited_method (number, name) VALUES (29, 'SaveDraft'), (30, 'PlaceDraft'), (31, 'DiscardDraft');

-- Wishes to cancel what a location or a supplier has.

CREATE TABLE late_cancel (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL,
    order_id uuid NOT NULL,
    fulfilment_id uuid NOT NULL,
    location text COLLATE "C" NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    reason text NOT NULL,
    answer text NOT NULL DEFAULT '',
    lines smallint[] NOT NULL,
    quantities bigint[] NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    asked_by text NOT NULL,
    ended_at timestamptz,
    ended_by text,
    CHECK (cardinality(lines) = cardinality(quantities))
);
CREATE INDEX late_cancel_order ON late_cancel (order_id);
CREATE INDEX late_cancel_asked ON late_cancel (asked_at, id);
CREATE INDEX late_cancel_open ON late_cancel (location, asked_at, id) WHERE state = 1;
COMMENT ON TABLE late_cancel IS
    'state 1 asked, 2 accepted, 3 too late, 4 withdrawn. lines and quantities run in parallel. Changed under the lock of the order.';

INSERT INTO audited_method (number, name) VALUES
    (26, 'RequestCancellation'), (27, 'RespondCancellation'), (28, 'WithdrawCancellation'), (32, 'EndCancellation');
