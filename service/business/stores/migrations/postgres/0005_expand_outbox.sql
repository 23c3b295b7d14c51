-- Expand: events that are to be published, each written with the change it tells of. Programs of the version before
-- write none and do not mind.
CREATE TABLE outbox (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text   NOT NULL,
    subject  text   COLLATE "C" NOT NULL, -- 'order', 'product', 'shop'
    number   bigint NOT NULL,             -- which one
    version  bigint,
    amount   bigint,                      -- minor units
    currency text,
    pieces   bigint,
    at       bigint NOT NULL,             -- milliseconds since 1970
    attempts bigint NOT NULL DEFAULT 0,
    due_at   bigint,                      -- milliseconds since 1970; given to somebody until then; NULL for a dead letter
    error    text
);
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (id) WHERE due_at IS NULL;
CREATE INDEX outbox_of_subject ON outbox (subject, number, id);

-- Tells the events of this store from those of any other.
CREATE TABLE outbox_origin (name text NOT NULL);
INSERT INTO outbox_origin (name) VALUES (substr(md5(random()::text || clock_timestamp()::text || pg_backend_pid()::text), 1, 16));
