ALTER TABLE invocations DROP COLUMN bodies_dropped;

DROP INDEX key_spend_by_generation;
ALTER TABLE key_spend DROP COLUMN generation;

DROP TABLE set_aside;
DROP TABLE written_batches;

DROP TRIGGER api_keys_inserted;
DROP TRIGGER api_keys_updated;
DROP TRIGGER api_keys_deleted;
DROP TRIGGER sessions_inserted;
DROP TRIGGER sessions_updated;
DROP TRIGGER sessions_deleted;
DROP TRIGGER providers_inserted;
DROP TRIGGER providers_updated;
DROP TRIGGER providers_deleted;
DROP TRIGGER models_inserted;
DROP TRIGGER models_updated;
DROP TRIGGER models_deleted;
DROP TRIGGER model_tags_inserted;
DROP TRIGGER model_tags_deleted;
DROP TABLE policy;

CREATE TABLE key_changes (
    id         INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    generation INTEGER NOT NULL
) STRICT;

INSERT INTO key_changes (id, generation) SELECT 1, generation FROM changes WHERE subject = 'keys';
DROP TABLE changes;

CREATE TRIGGER api_keys_inserted AFTER INSERT ON api_keys BEGIN
    UPDATE key_changes SET generation = generation + 1;
END;

CREATE TRIGGER api_keys_updated AFTER UPDATE ON api_keys BEGIN
    UPDATE key_changes SET generation = generation + 1;
END;

CREATE TRIGGER api_keys_deleted AFTER DELETE ON api_keys BEGIN
    UPDATE key_changes SET generation = generation + 1;
END;
