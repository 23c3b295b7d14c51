-- Reversals, customers, users, totals and the shop's door. Programs that know only version 1 would
-- leave the totals behind, so this is no mere addition to them.
ALTER TABLE products ADD COLUMN supplied INTEGER NOT NULL DEFAULT 0 CHECK (supplied >= 0);
ALTER TABLE products ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1);
UPDATE products SET supplied = stock;
UPDATE products SET supplied = stock + sold.pieces
    FROM (SELECT product_id, sum(quantity) AS pieces FROM order_lines GROUP BY product_id) AS sold
    WHERE sold.product_id = products.id;

ALTER TABLE orders ADD COLUMN reversed_at INTEGER; -- milliseconds since 1970, NULL while it stands
ALTER TABLE orders ADD COLUMN customer INTEGER;    -- a user's id, NULL if nobody said so
ALTER TABLE orders ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1);
CREATE INDEX orders_by_time ON orders (placed_at);
-- Partial: an order that stands, or of nobody in particular, costs nothing here.
CREATE INDEX orders_reversed ON orders (id) WHERE reversed_at IS NOT NULL;
CREATE INDEX orders_of_customer ON orders (customer, id) WHERE customer IS NOT NULL;

CREATE TABLE idempotency_keys (
    customer   INTEGER NOT NULL, -- 0 for nobody in particular
    key        TEXT    NOT NULL,
    order_id   INTEGER NOT NULL REFERENCES orders (id),
    created_at INTEGER NOT NULL, -- milliseconds since 1970
    PRIMARY KEY (customer, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE totals (
    currency     TEXT    PRIMARY KEY CHECK (length(currency) = 3),
    placed       INTEGER NOT NULL,
    reversed     INTEGER NOT NULL,
    pieces       INTEGER NOT NULL,
    pieces_back  INTEGER NOT NULL,
    revenue      INTEGER NOT NULL, -- minor units
    revenue_back INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO totals (currency, placed, reversed, pieces, pieces_back, revenue, revenue_back)
    SELECT currency, count(*), 0, sum((SELECT sum(quantity) FROM order_lines WHERE order_id = orders.id)), 0, sum(total), 0
    FROM orders GROUP BY currency;

CREATE TABLE users (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    roles      TEXT    NOT NULL, -- names with commas between them
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at INTEGER NOT NULL, -- milliseconds since 1970
    version    INTEGER NOT NULL CHECK (version >= 1)
) STRICT;

CREATE TABLE shop (
    id    INTEGER PRIMARY KEY CHECK (id = 1), -- there is one
    open  INTEGER NOT NULL CHECK (open IN (0, 1)),
    since INTEGER NOT NULL -- milliseconds since 1970
) STRICT;
INSERT INTO shop (id, open, since) VALUES (1, 1, unixepoch() * 1000);
