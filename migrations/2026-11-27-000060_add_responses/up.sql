-- Responses of OpenAI's API that a later request may go on from. `api_key_id` is 0 for a caller
-- without a key: a response is found only by the key that made it.
CREATE TABLE responses (
    api_key_id    INTEGER NOT NULL,
    id            TEXT NOT NULL,
    previous_id   TEXT,
    created_at_us INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL,
    input         TEXT NOT NULL,
    response      TEXT NOT NULL,
    PRIMARY KEY (api_key_id, id)
) STRICT;

CREATE INDEX responses_expire ON responses (expires_at_us);
