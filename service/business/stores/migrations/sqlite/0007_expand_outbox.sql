-- Expand: events that are to be published, each written with the change it tells of. Programs of the version before
-- write none and do not mind.
CREATE TABLE outbox (
    -- AUTOINCREMENT: a number is never given twice, though rows go when they are published.
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT    NOT NULL,
    subject  TEXT    NOT NULL, -- 'order', 'product', 'shop'
    number   INTEGER NOT NULL, -- which one
    version  INTEGER,
    amount   INTEGER,          -- minor units
    currency TEXT,
    pieces   INTEGER,
    at       INTEGER NOT NULL, -- milliseconds since 1970
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at   INTEGER,          -- milliseconds since 1970, NULL for a dead letter
    error    TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (id) WHERE due_at IS NULL;
CREATE INDEX outbox_of_subject ON outbox (subject, number, id);

-- Tells the events of this store from those of any other.
CREATE TABLE outbox_origin (name TEXT NOT NULL) STRICT;
INSERT INTO outbox_origin (name) VALUES (lower(hex(randomblob(8))));
