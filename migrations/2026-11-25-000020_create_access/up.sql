-- Callers' keys. Only digests are stored; `prefix` is the visible part of a key. After a rotation the
-- previous key is valid until `previous_until_us`. `rules` is JSON. Ids are never reused, so that no
-- key inherits the spending of another.
CREATE TABLE api_keys (
    id                INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name              TEXT NOT NULL,
    prefix            TEXT NOT NULL,
    digest            TEXT NOT NULL UNIQUE,
    previous_digest   TEXT UNIQUE,
    previous_until_us INTEGER,
    role              TEXT NOT NULL CHECK (role IN ('user', 'admin')),
    origin            TEXT NOT NULL CHECK (origin IN ('file', 'env', 'api', 'cli')),
    is_active         INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    rules             TEXT NOT NULL,
    expires_at_us     INTEGER,
    revoked_at_us     INTEGER,
    file_digest       TEXT,
    created_at_us     INTEGER NOT NULL,
    updated_at_us     INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    token_digest  TEXT PRIMARY KEY NOT NULL,
    api_key_id    INTEGER NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    created_at_us INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL,
    provider_name TEXT,
    model_name    TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_key ON sessions (api_key_id);

-- The spending of each key on each day of its time zone, written together with the calls.
CREATE TABLE key_spend (
    api_key_id    INTEGER NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    day           TEXT NOT NULL,
    requests      INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    cost_nano_usd INTEGER NOT NULL,
    PRIMARY KEY (api_key_id, day)
) STRICT, WITHOUT ROWID;

-- Counts the changes of keys by any process, so that a running router notices them.
CREATE TABLE key_changes (
    id         INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    generation INTEGER NOT NULL
) STRICT;

INSERT INTO key_changes (id, generation) VALUES (1, 0);

CREATE TRIGGER api_keys_inserted AFTER INSERT ON api_keys BEGIN
    UPDATE key_changes SET generation = generation + 1;
END;

CREATE TRIGGER api_keys_updated AFTER UPDATE ON api_keys BEGIN
    UPDATE key_changes SET generation = generation + 1;
END;

CREATE TRIGGER api_keys_deleted AFTER DELETE ON api_keys BEGIN
    UPDATE key_changes SET generation = generation + 1;
END;

ALTER TABLE invocations ADD COLUMN api_key_id INTEGER;

CREATE INDEX invocations_by_key ON invocations (api_key_id, started_at_us);
