-- Expand: a key says itself when it may be forgotten, so that its life can be changed for new keys
-- alone. Programs of version 2 go on writing created_at only; the trigger fills in for them. Once
-- none of them runs any more, the next migration takes the old column away.
ALTER TABLE idempotency_keys ADD COLUMN expires_at INTEGER; -- milliseconds since 1970
UPDATE idempotency_keys SET expires_at = created_at + 86400000;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
CREATE TRIGGER idempotency_keys_expiry AFTER INSERT ON idempotency_keys WHEN new.expires_at IS NULL
    BEGIN
        UPDATE idempotency_keys SET expires_at = new.created_at + 86400000
            WHERE customer = new.customer AND key = new.key;
    END;
