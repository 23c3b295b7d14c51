-- Expand: passwords, sessions, revoked tokens, and who changed what. Programs of the version before
-- neither know nor mind. Times are milliseconds since 1970.
CREATE TABLE passwords (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id),
    secret     TEXT    NOT NULL, -- in the PHC string format
    changed_at INTEGER NOT NULL
) STRICT;

-- Numbers are never used again: tokens name their sessions.
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    begun_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER -- NULL while it goes on
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash       BLOB    PRIMARY KEY, -- SHA-256
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER -- NULL until it is used
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

CREATE TABLE revocations (
    kind   TEXT    NOT NULL CHECK (kind IN ('token', 'subject')),
    name   TEXT    NOT NULL,
    before INTEGER NOT NULL, -- what was issued until then
    until  INTEGER NOT NULL, -- when it may be forgotten
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_by_end ON revocations (until);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    subject TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    object  TEXT    NOT NULL,
    request TEXT    NOT NULL,
    outcome TEXT    NOT NULL CHECK (outcome IN ('done', 'refused'))
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
