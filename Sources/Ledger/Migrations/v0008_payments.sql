-- What orders are paid with: tenders, every attempt to move money, stored value, documents.
-- Amounts are minor units of the order's or the account's currency. Rows of an order change only under the lock on it.

CREATE TABLE order_money (
    order_id uuid PRIMARY KEY,
    owed bigint NOT NULL CHECK (owed >= 0),
    earned bigint NOT NULL,
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    taken bigint NOT NULL DEFAULT 0 CHECK (taken >= 0),
    given_back bigint NOT NULL DEFAULT 0 CHECK (given_back >= 0 AND given_back <= taken),
    adjusted bigint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT 'infinity',
    tries integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
CREATE INDEX order_money_due ON order_money (due_at) WHERE due_at < 'infinity';
COMMENT ON TABLE order_money IS
    'Orders with tenders. owed and earned follow the lines, and are written with every change of the order; held, taken and '
    'given_back are the sums of payment_attempt; adjusted is the part of owed that is beyond the lines: fees count up, '
    'goodwill down. due_at says when somebody looks at what is to be captured, given back or let go: at the latest when a hold lapses.';

CREATE TABLE tender (
    order_id uuid NOT NULL REFERENCES order_money (order_id),
    number smallint NOT NULL CHECK (number BETWEEN 1 AND 100),
    id uuid NOT NULL UNIQUE,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 5),
    amount bigint NOT NULL CHECK (amount > 0),
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 8),
    charge_sequence integer NOT NULL,
    refund_sequence integer NOT NULL,
    gateway text NOT NULL,
    token text NOT NULL,
    label text NOT NULL,
    account_id uuid,
    renews smallint,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, number)
);
COMMENT ON TABLE tender IS
    'kind 1 cash, 2 terminal, 3 card gateway, 4 store credit, 5 gift card; state: see the table of payments. token is what '
    'a gateway knows a card by, never a card''s number. renews is the number of the tender whose lapsed hold it holds anew.';

CREATE TABLE payment_attempt (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    tender_number smallint NOT NULL,
    action smallint NOT NULL CHECK (action BETWEEN 1 AND 6),
    purpose smallint CHECK (purpose BETWEEN 1 AND 2),
    amount bigint NOT NULL CHECK (amount > 0),
    lets_go bigint NOT NULL DEFAULT 0 CHECK (lets_go >= 0),
    is_final boolean NOT NULL DEFAULT false,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    target text NOT NULL DEFAULT '',
    reference text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    cause_id uuid NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    due_at timestamptz NOT NULL DEFAULT 'infinity',
    tries integer NOT NULL DEFAULT 0,
    expires_at timestamptz CHECK (expires_at IS NULL OR action = 1),
    FOREIGN KEY (order_id, tender_number) REFERENCES tender (order_id, number),
    CHECK ((action = 4) = (purpose IS NOT NULL)),
    CHECK ((state IN (2, 3, 5)) = (ended_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX payment_attempt_order ON payment_attempt (order_id, made_at, id);
CREATE INDEX payment_attempt_due ON payment_attempt (due_at) WHERE state IN (1, 4);
COMMENT ON TABLE payment_attempt IS
    'Written before the gateway hears of it; id is the key under which the gateway does it at most once. action 1 '
    'authorize, 2 capture, 3 void, 4 refund, 5 charge, 6 expire; purpose of a refund 1 surplus, 2 asked for; state 1 prepared, '
    '2 approved, 3 declined, 4 unknown, 5 abandoned. due_at is when somebody asks what became of it; expires_at when a hold lapses.';
CREATE TRIGGER payment_attempt_ended BEFORE UPDATE ON payment_attempt
    FOR EACH ROW WHEN (OLD.state IN (2, 3)) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_attempt_kept BEFORE DELETE ON payment_attempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE stored_value_account (
    id uuid PRIMARY KEY,
    kind smallint NOT NULL CHECK (kind IN (4, 5)),
    customer_id text COLLATE "C" NOT NULL,
    code_hash bytea CHECK (length(code_hash) = 32),
    label text NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    balance bigint NOT NULL DEFAULT 0 CHECK (balance >= 0),
    entries integer NOT NULL DEFAULT 0,
    opened_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 4) = (code_hash IS NULL)),
    CHECK ((kind = 4) = (customer_id <> ''))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX stored_value_customer ON stored_value_account (customer_id, currency) WHERE kind = 4;
CREATE UNIQUE INDEX stored_value_code ON stored_value_account (code_hash) WHERE kind = 5;
COMMENT ON TABLE stored_value_account IS
    'kind 4 store credit of a customer, 5 gift card. code_hash is the SHA-256 of a code of 100 random bits. balance is the '
    'sum of the entries, changed with each of them under the lock on this row.';

CREATE TABLE stored_value_entry (
    account_id uuid NOT NULL REFERENCES stored_value_account (id),
    sequence integer NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    cause_id uuid NOT NULL,
    order_id uuid,
    reason text NOT NULL,
    caller text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, sequence)
);
CREATE TRIGGER stored_value_entry_immutable BEFORE UPDATE OR DELETE ON stored_value_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE stored_value_entry IS 'Immutable facts; an account''s balance is always their sum.';

ALTER TABLE channel ADD COLUMN legal_entity text COLLATE "C" NOT NULL DEFAULT 'MAIN';
COMMENT ON COLUMN channel.legal_entity IS 'Whose documents its orders get.';

CREATE TABLE document_counter (
    entity text COLLATE "C" NOT NULL,
    kind smallint NOT NULL,
    series integer NOT NULL,
    last bigint NOT NULL CHECK (last > 0),
    PRIMARY KEY (entity, kind, series)
) WITH (fillfactor = 50);
COMMENT ON TABLE document_counter IS
    'The last number given. Its row is locked by the transaction that writes the document, so a number is given with its '
    'document or not at all.';

CREATE TABLE document (
    entity text COLLATE "C" NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    series integer NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    id uuid NOT NULL UNIQUE,
    order_id uuid NOT NULL,
    cause_id uuid NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT now(),
    currency text NOT NULL,
    total bigint NOT NULL,
    text text NOT NULL,
    json text NOT NULL,
    PRIMARY KEY (entity, kind, series, number)
);
CREATE INDEX document_order ON document (order_id, issued_at);
CREATE INDEX document_issued ON document (entity, issued_at, id);
CREATE TRIGGER document_immutable BEFORE UPDATE OR DELETE ON document
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE document IS
    'kind 1 invoice, 2 receipt, 3 credit memo. series is the year in UTC; numbers of an entity, kind and series have no gap.';

CREATE TABLE document_line (
    order_id uuid NOT NULL,
    line_number smallint NOT NULL,
    document_id uuid NOT NULL REFERENCES document (id),
    quantity bigint NOT NULL CHECK (quantity >= 0),
    amount bigint NOT NULL,
    PRIMARY KEY (order_id, line_number, document_id)
);
CREATE TRIGGER document_line_immutable BEFORE UPDATE OR DELETE ON document_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE document_line IS 'What invoices and receipts have of the lines of orders: never more than was earned.';

INSERT INTO audited_method VALUES (60, 'AddTender'), (61, 'AuthorizeTender'), (62, 'CaptureTender'), (63, 'VoidTender'),
    (64, 'RefundOrder'), (65, 'IssueStoredValue'), (66, 'AdjustStoredValue'), (67, 'SetLegalEntity'), (68, 'ResolveAttempt'),
    (78, 'RecordPayment'), (79, 'SettlePayments');
