-- The row of a call becomes narrow: ids, times, tokens, cost. Names and tags as they were when the
-- call was made go to dictionaries, one row for each combination ever seen; texts, traces and
-- bodies stand apart by the call's id. The rows written before stay in `invocations_before` until
-- the router, while it runs, has taken them over.
DROP INDEX invocations_by_time;
DROP INDEX invocations_by_model;
DROP INDEX invocations_by_request;
DROP INDEX invocations_by_key;
ALTER TABLE invocations RENAME TO invocations_before;
ALTER TABLE invocation_bodies RENAME TO invocation_bodies_before;

-- Providers and models with their names and tags as they were; tags as `,coding,fast,`.
CREATE TABLE targets (
    id            INTEGER PRIMARY KEY NOT NULL,
    provider_id   INTEGER NOT NULL,
    provider_name TEXT NOT NULL,
    model_id      INTEGER NOT NULL,
    model_name    TEXT NOT NULL,
    tags          TEXT NOT NULL,
    UNIQUE (model_id, provider_id, model_name, provider_name, tags)
) STRICT;

-- Keys with their names as they were; a local caller has neither (0 and '').
CREATE TABLE callers (
    id         INTEGER PRIMARY KEY NOT NULL,
    api_key_id INTEGER NOT NULL,
    name       TEXT NOT NULL,
    UNIQUE (api_key_id, name)
) STRICT;

CREATE TABLE errors (
    id          INTEGER PRIMARY KEY NOT NULL,
    code        TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    UNIQUE (code, http_status)
) STRICT;

CREATE TABLE endpoints (
    id   INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- What calls were counted with: nano-dollars per million tokens, -1 where unknown.
CREATE TABLE prices (
    id          INTEGER PRIMARY KEY NOT NULL,
    prompt      INTEGER NOT NULL,
    cached      INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    completion  INTEGER NOT NULL,
    reasoning   INTEGER NOT NULL,
    source      TEXT NOT NULL,
    as_of       TEXT NOT NULL,
    UNIQUE (prompt, cached, cache_write, completion, reasoning, source, as_of)
) STRICT;

-- The processes that write calls, and up to which call each has brought its own into `sums`.
CREATE TABLE call_writers (
    id           INTEGER PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL UNIQUE,
    summed_to_id INTEGER NOT NULL,
    at_us        INTEGER NOT NULL
) STRICT;

-- `request_id`: the 16 bytes of a UUID, or `=` and a client's own text.
-- `requested` is NULL where it is the model's name. `status`: 0 success, 1 error, 2 cancelled.
-- `flags`: 1 stream, 2 usage estimated, 4 usage partial, 8 bodies, 16 bodies dropped for memory.
CREATE TABLE invocations (
    id                 INTEGER PRIMARY KEY NOT NULL,
    started_at_us      INTEGER NOT NULL,
    model_id           INTEGER,
    target_id          INTEGER,
    api_key_id         INTEGER,
    caller_id          INTEGER NOT NULL,
    writer_id          INTEGER NOT NULL,
    request_id         BLOB NOT NULL,
    requested          TEXT,
    endpoint_id        INTEGER NOT NULL,
    flags              INTEGER NOT NULL,
    status             INTEGER NOT NULL CHECK (status IN (0, 1, 2)),
    http_status        INTEGER NOT NULL,
    error_id           INTEGER,
    finish_reason      TEXT,
    attempts           INTEGER NOT NULL,
    provider_key       INTEGER,
    prompt_tokens      INTEGER,
    completion_tokens  INTEGER,
    cached_tokens      INTEGER,
    cache_write_tokens INTEGER,
    reasoning_tokens   INTEGER,
    total_tokens       INTEGER,
    cost_nano_usd      INTEGER,
    price_id           INTEGER,
    duration_us        INTEGER NOT NULL,
    ttft_us            INTEGER,
    router_us          INTEGER,
    wait_us            INTEGER
) STRICT;

CREATE INDEX invocations_by_time ON invocations (started_at_us);
CREATE INDEX invocations_by_model ON invocations (model_id, started_at_us);
-- By key, not by key and model: each new call would change a page of its own then.
CREATE INDEX invocations_by_key ON invocations (api_key_id, started_at_us, model_id);
CREATE INDEX invocations_by_request ON invocations (request_id);
CREATE INDEX invocations_by_failure
    ON invocations (status, started_at_us, model_id, api_key_id, error_id) WHERE status <> 0;

-- Short texts of a call: its error, and the beginnings of prompt and answer where bodies are kept.
CREATE TABLE invocation_texts (
    invocation_id INTEGER PRIMARY KEY NOT NULL,
    error_message TEXT,
    prompt        TEXT,
    answer        TEXT,
    prompt_length INTEGER,
    answer_length INTEGER
) STRICT;

-- What was decided about a call and what each attempt did: JSON, compressed with zstd.
CREATE TABLE invocation_traces (
    invocation_id INTEGER PRIMARY KEY NOT NULL,
    trace         BLOB NOT NULL
) STRICT;

-- Bodies as they went over the wire, compressed with zstd.
CREATE TABLE invocation_bodies (
    invocation_id INTEGER PRIMARY KEY NOT NULL,
    request       BLOB NOT NULL,
    response      BLOB NOT NULL,
    is_truncated  INTEGER NOT NULL CHECK (is_truncated IN (0, 1))
) STRICT;

-- What calls come to. `grain`: 0 minute, 1 quarter of an hour, 2 hour, 3 day (UTC); `bucket` counts
-- them since 1970. `view` says what `a` and `b` are: 0 all calls, 1 target, 2 caller, 3 error,
-- 4 endpoint, 5 caller and target (days only); 0 stands for none.
CREATE TABLE sums (
    view               INTEGER NOT NULL,
    grain              INTEGER NOT NULL,
    bucket             INTEGER NOT NULL,
    a                  INTEGER NOT NULL,
    b                  INTEGER NOT NULL,
    status             INTEGER NOT NULL,
    calls              INTEGER NOT NULL,
    retried            INTEGER NOT NULL,
    estimated          INTEGER NOT NULL,
    unpriced           INTEGER NOT NULL,
    priced             INTEGER NOT NULL,
    prompt_tokens      INTEGER NOT NULL,
    completion_tokens  INTEGER NOT NULL,
    cached_tokens      INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens   INTEGER NOT NULL,
    total_tokens       INTEGER NOT NULL,
    cost_nano_usd      INTEGER NOT NULL,
    duration_us        INTEGER NOT NULL,
    router_us          INTEGER NOT NULL,
    router_calls       INTEGER NOT NULL,
    streamed_tokens    INTEGER NOT NULL,
    streamed_us        INTEGER NOT NULL,
    max_duration_us    INTEGER NOT NULL,
    max_cost_nano_usd  INTEGER NOT NULL,
    max_tokens         INTEGER NOT NULL,
    durations          BLOB NOT NULL,
    first_tokens       BLOB NOT NULL,
    PRIMARY KEY (view, grain, bucket, a, b, status)
) STRICT, WITHOUT ROWID;
