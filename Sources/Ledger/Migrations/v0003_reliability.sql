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

CREATE INDEX hold_live ON hold ((vshards[1]), id, kind) WHERE state = 1;
CREATE INDEX hold_live_wide ON hold (id, kind) WHERE state = 1 AND cardinality(vshards) > 1;
CREATE INDEX cell_vshard ON cell (vshard, id);

-- An epoch belongs to one mode. A program from before the modes raises epochs and then trusts Redis: its raise ends mode 2.
CREATE FUNCTION raise_ends_mode_2() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.mode := 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER shard_raise_ends_mode_2 BEFORE UPDATE OF epoch ON shard FOR EACH ROW
    WHEN (NEW.epoch <> OLD.epoch AND OLD.mode = 2 AND NEW.mode = 2) EXECUTE FUNCTION raise_ends_mode_2();
