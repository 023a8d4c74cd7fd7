-- Lines that wait for supply, and the units that new supply sets aside for them before anybody else can have them.

CREATE TABLE backorder_book (
    product_id integer PRIMARY KEY REFERENCES product (id),
    supply bigint NOT NULL DEFAULT 0,
    waiting bigint NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    asked_at timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX backorder_book_turn ON backorder_book (asked_at, product_id) WHERE waiting > 0;
COMMENT ON TABLE backorder_book IS
    'One row for each article that may wait. Who touches waiting lines, caps or grants of an article locks its row, after the '
    'cells and in the order of product_id. supply rises with each transaction that raised what can be promised of it; waiting '
    'is the sum of backorder_queue.quantity. asked_at is when stock that reservations gave back was looked for last: who had to '
    'wait longest is next.';

CREATE TABLE backorder_policy (
    product_id integer NOT NULL REFERENCES product (id),
    channel_id integer NOT NULL REFERENCES channel (id),
    cap bigint NOT NULL CHECK (cap BETWEEN 0 AND 1000000000),
    waiting bigint NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product_id, channel_id)
);
COMMENT ON TABLE backorder_policy IS
    'How many units may wait. waiting is the sum of backorder_queue.quantity of the article in orders of the channel.';

CREATE TABLE backorder_queue (
    order_id uuid NOT NULL,
    line_number smallint NOT NULL,
    product_id integer NOT NULL,
    channel_id integer NOT NULL,
    locations integer[],
    single boolean NOT NULL,
    captured bigint NOT NULL CHECK (captured >= 0),
    quantity bigint NOT NULL CHECK (quantity >= 0),
    priority integer NOT NULL,
    since timestamptz NOT NULL,
    place bigint GENERATED ALWAYS AS IDENTITY,
    promised_at timestamptz,
    PRIMARY KEY (order_id, line_number)
);
CREATE INDEX backorder_queue_next ON backorder_queue (product_id, priority DESC, since, place) WHERE quantity > 0;
COMMENT ON TABLE backorder_queue IS
    'quantity is what waits and has nothing set aside; captured is what waited when the order was captured, and never changes. '
    'locations is null where any may serve the line; single is true where one location must serve all of it. promised_at is '
    'when supply is promised; null while none is known of.';

CREATE TABLE backorder_grant (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid NOT NULL,
    line_number smallint NOT NULL,
    cell_id bigint NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    granted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX backorder_grant_order ON backorder_grant (order_id);
CREATE INDEX backorder_grant_cell ON backorder_grant (cell_id);
COMMENT ON TABLE backorder_grant IS
    'Units that a cell sets aside for a waiting line, in the transaction that brought them. cell.allocated has them already; '
    'the order takes them over in a transaction of its own, which deletes the row.';

CREATE TABLE short_pick (
    order_id uuid NOT NULL,
    line_number smallint NOT NULL,
    product_id integer NOT NULL,
    location_id integer NOT NULL,
    PRIMARY KEY (order_id, line_number, location_id)
);
CREATE INDEX short_pick_place ON short_pick (product_id, location_id);
COMMENT ON TABLE short_pick IS
    'Where units of a line were not found. The line is not served from there again, whatever the books say, until goods of the '
    'article come in or are counted there, which deletes the row. Written and deleted with the cell''s row locked.';

-- From which locations orders are served: configurations, what is known of locations and articles, and plans.

CREATE TABLE sourcing_config (
    version text COLLATE "C" PRIMARY KEY CHECK (length(version) = 64),
    document text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL
);
CREATE TRIGGER sourcing_config_immutable BEFORE UPDATE OR DELETE ON sourcing_config
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE sourcing_config IS 'Immutable: the version is the SHA-256 of the document, which is JSON in its canonical form.';

CREATE TABLE sourcing_config_name (
    name text COLLATE "C" PRIMARY KEY,
    version text NOT NULL REFERENCES sourcing_config (version),
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE location_sourcing (
    location_id integer PRIMARY KEY REFERENCES location (id),
    document text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE location_sourcing IS
    'Coordinates, postcode, capabilities, capacity a day, calendar, cut-offs, handling cost and lead time, as JSON in the '
    'form of sourcing files. Kind, rank and time zone are those of location, whatever the document says.';

CREATE TABLE product_sourcing (
    product_id integer PRIMARY KEY REFERENCES product (id),
    grams bigint NOT NULL CHECK (grams BETWEEN 0 AND 1000000000),
    volume bigint NOT NULL CHECK (volume BETWEEN 0 AND 1000000000),
    needs text[] NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sourcing_plan (
    id uuid PRIMARY KEY,
    order_id uuid,
    request bytea NOT NULL,
    caller text NOT NULL,
    config_version text NOT NULL,
    inputs text NOT NULL,
    reply bytea NOT NULL,
    planned_at timestamptz NOT NULL DEFAULT now(),
    commit_id uuid,
    committed_at timestamptz
);
CREATE INDEX sourcing_plan_order ON sourcing_plan (order_id, planned_at) WHERE order_id IS NOT NULL;
COMMENT ON TABLE sourcing_plan IS
    'A plan with everything that it depends on: planning the inputs again gives it again. Only commit_id and committed_at '
    'are written later, once.';

CREATE TABLE sourcing_booking (
    plan_id uuid NOT NULL REFERENCES sourcing_plan (id),
    location_id integer NOT NULL REFERENCES location (id),
    day date NOT NULL,
    line_number smallint NOT NULL,
    units bigint NOT NULL CHECK (units >= 0),
    outside bigint NOT NULL CHECK (outside >= 0),
    PRIMARY KEY (plan_id, location_id, day, line_number)
);
COMMENT ON TABLE sourcing_booking IS
    'Units of a line whose dispatch a committed plan has booked at a location on a day. They follow those of the order: what is '
    'cancelled or served from elsewhere is given back, to the day that it was booked on. outside is how many units of the line '
    'the order had there already in no booking: they leave without giving anything back.';

CREATE TABLE sourcing_day (
    location_id integer NOT NULL REFERENCES location (id),
    day date NOT NULL,
    units bigint NOT NULL DEFAULT 0 CHECK (units >= 0),
    lines bigint NOT NULL DEFAULT 0 CHECK (lines >= 0),
    orders bigint NOT NULL DEFAULT 0 CHECK (orders >= 0),
    PRIMARY KEY (location_id, day)
) WITH (fillfactor = 70);
COMMENT ON TABLE sourcing_day IS
    'The sum of a location''s bookings on a day by its own clocks; orders counts plans. Who books locks the row first and compares '
    'with the capacity, after the order and before cells, in the order of location and day.';

-- Goods that come back: their labels, money that goes before they are here, and what exchanges take of refunds.

ALTER TABLE tender DROP CONSTRAINT tender_kind_check, ADD CONSTRAINT tender_kind_check CHECK (kind BETWEEN 1 AND 6);
COMMENT ON TABLE tender IS
    'kind 1 cash, 2 terminal, 3 card gateway, 4 store credit, 5 gift card, 6 exchange: the refund of a return, whose account '
    'gets what is given back of it; state: see the table of payments. token is what a gateway knows a card by, never a '
    'card''s number.';

ALTER TABLE return_order ADD COLUMN ahead bigint NOT NULL DEFAULT 0 CHECK (ahead >= 0),
    ADD COLUMN ahead_settlement smallint NOT NULL DEFAULT 0,
    ADD COLUMN recovered bigint NOT NULL DEFAULT 0 CHECK (recovered >= 0),
    ADD COLUMN set_off bigint NOT NULL DEFAULT 0 CHECK (set_off >= 0),
    ADD COLUMN settled bigint NOT NULL DEFAULT 0 CHECK (settled >= 0),
    ADD CHECK ((ahead > 0) = (ahead_settlement > 0)), ADD CHECK (recovered <= ahead), ADD CHECK (settled + set_off <= refund);
COMMENT ON COLUMN return_order.ahead IS 'What was given back before the goods were inspected, or may have been.';
COMMENT ON COLUMN return_order.recovered IS
    'What of ahead was set off against refunds of later returns of the order: the sum of it is that of their set_off.';
COMMENT ON COLUMN return_order.set_off IS 'What of refund was set off against what earlier returns of the order left owed.';
COMMENT ON COLUMN return_order.settled IS
    'What its settlement gave: less than refund where an exchange, ahead or set_off has the rest.';
ALTER TABLE return_exchange ADD COLUMN credited bigint NOT NULL DEFAULT 0 CHECK (credited >= 0);
CREATE INDEX return_exchange_given_up ON return_exchange (asked_at) WHERE state = 3;
COMMENT ON COLUMN return_exchange.credited IS
    'What the new order took of the refund: what its tender of kind 6 has taken, over its whole life.';

CREATE TABLE return_exchange_delivery (LIKE order_delivery INCLUDING CONSTRAINTS, PRIMARY KEY (order_id));
COMMENT ON TABLE return_exchange_delivery IS
    'How the new order of an exchange is to be delivered, by its id, where that was said; the new order has it then in '
    'order_delivery. Without a row it is as the order whose goods come back.';

ALTER TABLE order_money ADD COLUMN given_otherwise bigint NOT NULL DEFAULT 0 CHECK (given_otherwise >= 0),
    ADD CHECK (given_back + given_otherwise <= taken);
COMMENT ON COLUMN order_money.given_otherwise IS
    'What was given back in other ways than by the tenders: as store credit, outside, or into an exchange. Part of owed, which '
    'is what the order is to keep of what the tenders gave.';

CREATE TABLE return_label (
    key uuid PRIMARY KEY,
    return_id uuid NOT NULL REFERENCES return_order (id),
    carrier text NOT NULL,
    asked_service text NOT NULL,
    location_id integer NOT NULL REFERENCES location (id),
    state smallint NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4),
    service text NOT NULL DEFAULT '',
    tracking text NOT NULL DEFAULT '',
    price bigint NOT NULL DEFAULT 0 CHECK (price >= 0),
    currency text NOT NULL DEFAULT '',
    payer smallint NOT NULL DEFAULT 0,
    document bytea NOT NULL DEFAULT '',
    wanted_at timestamptz NOT NULL DEFAULT now(),
    loose_at timestamptz NOT NULL,
    CHECK ((state = 3) <= (payer > 0))
);
CREATE INDEX return_label_of ON return_label (return_id);
CREATE UNIQUE INDEX return_label_made ON return_label (return_id) WHERE state = 3;
CREATE INDEX return_label_loose ON return_label (loose_at) WHERE state IN (1, 2);
COMMENT ON TABLE return_label IS
    'Written before the carrier is asked; key is what it knows the label by, and follows from return, carrier, service and '
    'location. It is the only unique one, so that the same wish twice at once is one row. state 1 wanted, 2 made, 3 the return''s, 4 given '
    'back. loose_at is as that of carrier_label: one that is not the return''s is not given back before.';

-- Customers, beside what each order says of its own.

CREATE TABLE customer (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    language text NOT NULL,
    note text NOT NULL,
    version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE customer_contact (
    customer_id text COLLATE "C" NOT NULL REFERENCES customer (id),
    position smallint NOT NULL,
    label text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    PRIMARY KEY (customer_id, position)
);

CREATE TABLE customer_address (
    customer_id text COLLATE "C" NOT NULL REFERENCES customer (id),
    position smallint NOT NULL,
    label text NOT NULL,
    name text NOT NULL,
    lines text[] NOT NULL,
    postcode text NOT NULL,
    city text NOT NULL,
    region text NOT NULL,
    country text NOT NULL,
    phone text NOT NULL,
    latitude double precision,
    longitude double precision,
    default_shipping boolean NOT NULL,
    default_billing boolean NOT NULL,
    PRIMARY KEY (customer_id, position),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);

CREATE TABLE customer_key (
    key text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C" NOT NULL REFERENCES customer (id),
    PRIMARY KEY (key, customer_id)
);
CREATE INDEX customer_key_customer ON customer_key (customer_id);
COMMENT ON TABLE customer_key IS 'Folded texts by whose beginnings a customer is found.';

INSERT INTO audited_method VALUES (100, 'SetBackorderPolicies'), (101, 'UpsertSourcingConfig'),
    (102, 'UpsertSourcingLocations'), (103, 'UpsertSourcingProducts'), (104, 'PlanSourcing'), (105, 'CommitSourcing'),
    (106, 'UpsertCustomers'), (119, 'FillBackorder'), (90, 'IssueReturnLabel');
