-- What has run. Made first, in an empty schema only.
CREATE TABLE sales_migrations (
    version    bigint      PRIMARY KEY,
    name       text        NOT NULL,
    kind       text        NOT NULL, -- expand or contract
    checksum   text        NOT NULL, -- SHA-256 of its text
    applied_at timestamptz NOT NULL DEFAULT now()
);
