-- Contract: nobody reads or writes created_at any more.
DROP TRIGGER idempotency_keys_expiry;
DROP INDEX idempotency_keys_by_age;
ALTER TABLE idempotency_keys DROP COLUMN created_at;
