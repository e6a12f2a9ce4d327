-- `sealed`: secrets set over REST, encrypted. `file_destination`: the destination to which the file's
-- own secrets may be sent. Settings no longer hold secrets: they are removed here, and each entry of
-- the file is rewritten from the file at the next start.
ALTER TABLE providers ADD COLUMN sealed BLOB;
ALTER TABLE providers ADD COLUMN file_destination TEXT;
UPDATE providers
   SET settings = json_remove(settings, '$.headers', '$.proxy'),
       file_digest = CASE WHEN file_digest IS NULL THEN NULL ELSE '' END;

-- Entries of the file that were deleted over REST: they stay deleted until they change in the file.
-- `kind` is `provider` or `model`; a model's name is `provider/name`.
CREATE TABLE deleted_entries (
    kind        TEXT NOT NULL CHECK (kind IN ('provider', 'model')),
    name        TEXT NOT NULL,
    file_digest TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- The highest id that was ever deleted: ids are never reused, because call records refer to them.
CREATE TABLE spent_ids (
    kind TEXT PRIMARY KEY NOT NULL CHECK (kind IN ('provider', 'model')),
    id   INTEGER NOT NULL
) STRICT;
