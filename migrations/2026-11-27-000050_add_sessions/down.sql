DROP INDEX invocations_by_session;
ALTER TABLE invocations DROP COLUMN session_id;
