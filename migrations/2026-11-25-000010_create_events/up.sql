-- The journal: reloads, circuits and management, each with its actor and outcome. `before_json` and
-- `after_json` hold no secret. Only the newest are kept, see `store/events.rs`.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY NOT NULL,
    at_us       INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    actor       TEXT NOT NULL,
    summary     TEXT NOT NULL,
    before_json TEXT,
    after_json  TEXT
) STRICT;

CREATE INDEX events_by_time ON events (at_us);
CREATE INDEX events_by_subject ON events (subject, id);
