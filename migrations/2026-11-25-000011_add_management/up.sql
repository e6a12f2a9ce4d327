-- `sealed`: secrets set over REST, encrypted. `file_destination`: where the file's own secrets may
-- be sent. Settings no longer hold secrets: they are taken out here, and each entry of the file
-- is written anew from it at the next start.
ALTER TABLE providers ADD COLUMN sealed BLOB;
ALTER TABLE providers ADD COLUMN file_destination TEXT;
UPDATE providers
   SET settings = json_remove(settings, '$.headers', '$.proxy'),
       file_digest = CASE WHEN file_digest IS NULL THEN NULL ELSE '' END;

-- Entries of the file that were deleted over REST: they stay away until the file says something
-- else of them. `kind` is `provider` or `model`, a model goes by `provider/name`.
CREATE TABLE deleted_entries (
    kind        TEXT NOT NULL CHECK (kind IN ('provider', 'model')),
    name        TEXT NOT NULL,
    file_digest TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- The highest id that was ever deleted: no id is given twice, for calls are recorded with it.
CREATE TABLE spent_ids (
    kind TEXT PRIMARY KEY NOT NULL CHECK (kind IN ('provider', 'model')),
    id   INTEGER NOT NULL
) STRICT;
