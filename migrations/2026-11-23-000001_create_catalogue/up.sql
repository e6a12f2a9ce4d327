-- The running catalogue. `origin` is the source of an entry; `file_digest` is the digest of its entry
-- in router.toml when that was last applied, and NULL once it is no longer in the file.
CREATE TABLE providers (
    id            INTEGER PRIMARY KEY NOT NULL,
    name          TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL,
    base_url      TEXT,
    api_key_env   TEXT,
    is_active     INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    settings      TEXT NOT NULL,
    origin        TEXT NOT NULL CHECK (origin IN ('file', 'api')),
    file_digest   TEXT,
    updated_at_us INTEGER NOT NULL
) STRICT;

CREATE TABLE models (
    id                INTEGER PRIMARY KEY NOT NULL,
    provider_id       INTEGER NOT NULL REFERENCES providers (id),
    name              TEXT NOT NULL,
    display_name      TEXT,
    description       TEXT,
    remote_identifier TEXT,
    is_active         INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    default_params    TEXT NOT NULL,
    config            TEXT NOT NULL,
    rate_limit        TEXT,
    local_path        TEXT,
    download_uri      TEXT,
    origin            TEXT NOT NULL CHECK (origin IN ('file', 'api')),
    file_digest       TEXT,
    updated_at_us     INTEGER NOT NULL,
    UNIQUE (provider_id, name)
) STRICT;

CREATE TABLE model_tags (
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    tag      TEXT NOT NULL,
    PRIMARY KEY (model_id, tag)
) STRICT, WITHOUT ROWID;
