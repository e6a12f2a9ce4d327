DROP TABLE spent_ids;
DROP TABLE deleted_entries;
ALTER TABLE providers DROP COLUMN file_destination;
ALTER TABLE providers DROP COLUMN sealed;
