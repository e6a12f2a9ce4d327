-- One row for every call. Names are kept in addition to ids, as they were at the time of the call.
-- Times are microseconds (UTC), money is nano-dollars, and what is unknown is NULL, never 0.
CREATE TABLE invocations (
    id                 INTEGER PRIMARY KEY NOT NULL,
    request_id         TEXT NOT NULL,
    started_at_us      INTEGER NOT NULL,
    endpoint           TEXT NOT NULL,
    requested          TEXT NOT NULL,
    provider_id        INTEGER,
    provider_name      TEXT,
    model_id           INTEGER,
    model_name         TEXT,
    tags               TEXT,
    provider_key       INTEGER,
    api_key            TEXT,
    is_stream          INTEGER NOT NULL CHECK (is_stream IN (0, 1)),
    status             TEXT NOT NULL CHECK (status IN ('success', 'error', 'cancelled')),
    http_status        INTEGER NOT NULL,
    error_code         TEXT,
    error_message      TEXT,
    finish_reason      TEXT,
    prompt_tokens      INTEGER,
    completion_tokens  INTEGER,
    cached_tokens      INTEGER,
    cache_write_tokens INTEGER,
    reasoning_tokens   INTEGER,
    total_tokens       INTEGER,
    cost_nano_usd      INTEGER,
    ttft_us            INTEGER,
    duration_us        INTEGER NOT NULL,
    attempts           INTEGER NOT NULL
) STRICT;

CREATE INDEX invocations_by_time ON invocations (started_at_us);
CREATE INDEX invocations_by_model ON invocations (model_id, started_at_us);
CREATE INDEX invocations_by_request ON invocations (request_id);

-- The bodies have a table of their own, so that lists and sums never read them.
CREATE TABLE invocation_bodies (
    invocation_id INTEGER PRIMARY KEY NOT NULL REFERENCES invocations (id) ON DELETE CASCADE,
    request       BLOB NOT NULL,
    response      BLOB NOT NULL,
    is_truncated  INTEGER NOT NULL CHECK (is_truncated IN (0, 1))
) STRICT;
