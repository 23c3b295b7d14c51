-- The checks repeat what the program already guarantees: a second lock on the door.
CREATE TABLE products (
    id       INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL,
    price    INTEGER NOT NULL CHECK (price >= 0), -- minor units
    currency TEXT    NOT NULL CHECK (length(currency) = 3),
    stock    INTEGER NOT NULL CHECK (stock >= 0)
) STRICT;

CREATE TABLE orders (
    id        INTEGER PRIMARY KEY,
    placed_at INTEGER NOT NULL, -- milliseconds since 1970-01-01T00:00:00Z
    total     INTEGER NOT NULL CHECK (total >= 0),
    currency  TEXT    NOT NULL CHECK (length(currency) = 3)
) STRICT;

CREATE TABLE order_lines (
    order_id   INTEGER NOT NULL REFERENCES orders (id),
    line       INTEGER NOT NULL CHECK (line >= 0),
    product_id INTEGER NOT NULL REFERENCES products (id),
    quantity   INTEGER NOT NULL CHECK (quantity >= 1),
    unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;
