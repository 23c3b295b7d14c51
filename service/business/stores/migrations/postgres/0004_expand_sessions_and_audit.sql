-- Expand: passwords, sessions, revoked tokens, and who changed what. Programs of the version before
-- neither know nor mind. Times are milliseconds since 1970.
CREATE TABLE passwords (
    user_id    bigint PRIMARY KEY REFERENCES users (id),
    secret     text   NOT NULL, -- in the PHC string format
    changed_at bigint NOT NULL
);

CREATE TABLE sessions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users (id),
    begun_at   bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at   bigint -- NULL while it goes on
);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash       bytea  PRIMARY KEY, -- SHA-256
    session_id bigint NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at bigint NOT NULL,
    used_at    bigint -- NULL until it is used
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

CREATE TABLE revocations (
    kind   text   COLLATE "C" NOT NULL CHECK (kind IN ('token', 'subject')),
    name   text   COLLATE "C" NOT NULL,
    before bigint NOT NULL, -- what was issued until then
    until  bigint NOT NULL, -- when it may be forgotten
    PRIMARY KEY (kind, name)
);
CREATE INDEX revocations_by_end ON revocations (until);

CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      bigint NOT NULL,
    subject text   NOT NULL,
    action  text   NOT NULL,
    object  text   NOT NULL,
    request text   NOT NULL,
    outcome text   NOT NULL CHECK (outcome IN ('done', 'refused'))
);
CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$;
CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
