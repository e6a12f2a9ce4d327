DROP INDEX invocations_by_key;
ALTER TABLE invocations DROP COLUMN api_key_id;
DROP TABLE key_changes;
DROP TABLE key_spend;
DROP TABLE sessions;
DROP TABLE api_keys;
