-- Counts the changes of each kind by any process, so that every process on this database notices
-- those of the others. `spend` counts batches with calls that were charged to a key.
CREATE TABLE changes (
    subject    TEXT PRIMARY KEY NOT NULL
               CHECK (subject IN ('keys', 'sessions', 'catalogue', 'spend')),
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO changes (subject, generation) SELECT 'keys', generation FROM key_changes;
INSERT INTO changes (subject, generation)
VALUES ('sessions', 0), ('catalogue', 0), ('spend', 0);

DROP TRIGGER api_keys_inserted;
DROP TRIGGER api_keys_updated;
DROP TRIGGER api_keys_deleted;
DROP TABLE key_changes;

CREATE TRIGGER api_keys_inserted AFTER INSERT ON api_keys BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'keys';
END;
CREATE TRIGGER api_keys_updated AFTER UPDATE ON api_keys BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'keys';
END;
CREATE TRIGGER api_keys_deleted AFTER DELETE ON api_keys BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'keys';
END;

CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'sessions';
END;
CREATE TRIGGER sessions_updated AFTER UPDATE ON sessions BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'sessions';
END;
CREATE TRIGGER sessions_deleted AFTER DELETE ON sessions BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'sessions';
END;

CREATE TRIGGER providers_inserted AFTER INSERT ON providers BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;
CREATE TRIGGER providers_updated AFTER UPDATE ON providers BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;
CREATE TRIGGER providers_deleted AFTER DELETE ON providers BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;
CREATE TRIGGER models_inserted AFTER INSERT ON models BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;
CREATE TRIGGER models_updated AFTER UPDATE ON models BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;
CREATE TRIGGER models_deleted AFTER DELETE ON models BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;
CREATE TRIGGER model_tags_inserted AFTER INSERT ON model_tags BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;
CREATE TRIGGER model_tags_deleted AFTER DELETE ON model_tags BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;

-- The rest of router.toml without providers, models and keys, as last applied by any process:
-- `[routing]`, `[timeouts]` and `[recording]`, as TOML. A process that applies another text writes it.
CREATE TABLE policy (
    id            INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    text          TEXT NOT NULL,
    updated_at_us INTEGER NOT NULL
) STRICT;

CREATE TRIGGER policy_inserted AFTER INSERT ON policy BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;
CREATE TRIGGER policy_updated AFTER UPDATE ON policy BEGIN
    UPDATE changes SET generation = generation + 1 WHERE subject = 'catalogue';
END;

-- The last batch of each stream that a process wrote, in the transaction of the batch itself: one
-- whose commit seemed to fail is not written a second time.
CREATE TABLE written_batches (
    writer   TEXT NOT NULL,
    stream   TEXT NOT NULL CHECK (stream IN ('invocations', 'events')),
    sequence INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (writer, stream)
) STRICT, WITHOUT ROWID;

-- Rows that the database rejects for good, so that they do not block the others. `record` is
-- the row as JSON, without bodies; `reference` a request's id or an event's subject.
CREATE TABLE set_aside (
    id        INTEGER PRIMARY KEY NOT NULL,
    at_us     INTEGER NOT NULL,
    stream    TEXT NOT NULL,
    reference TEXT NOT NULL,
    reason    TEXT NOT NULL,
    record    TEXT NOT NULL
) STRICT;

-- The value of the counter in `changes` when the row was last written.
ALTER TABLE key_spend ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
CREATE INDEX key_spend_by_generation ON key_spend (generation);

-- Why the bodies of a call were not kept although they should have been: `memory`.
ALTER TABLE invocations ADD COLUMN bodies_dropped TEXT;
