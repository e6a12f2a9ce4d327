-- The client's session that a call belongs to, written as `request_id` is. Most calls of programs
-- have none: the index has no entry for these. It also knows when they began, so that a session's
-- calls stand in their order.
ALTER TABLE invocations ADD COLUMN session_id BLOB;

CREATE INDEX invocations_by_session
    ON invocations (session_id, started_at_us) WHERE session_id IS NOT NULL;
