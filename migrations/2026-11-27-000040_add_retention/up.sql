-- How far calls were deleted, by any process. `highest_id`: of calls that were deleted; no id is
-- given twice. Of calls that began before `calls_until_us` some are gone, of those before
-- `bodies_until_us` all bodies, beginnings of texts, and traces. `seen_us`: what the clock was when
-- it was last looked at. `doubted_us`: for how long a clock that jumped ahead has run on; NULL where
-- it is believed.
CREATE TABLE retention (
    id              INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    highest_id      INTEGER NOT NULL,
    calls_until_us  INTEGER NOT NULL,
    bodies_until_us INTEGER NOT NULL,
    seen_us         INTEGER NOT NULL,
    doubted_us      INTEGER
) STRICT;

INSERT INTO retention VALUES (1, 0, 0, 0, 0, NULL);
