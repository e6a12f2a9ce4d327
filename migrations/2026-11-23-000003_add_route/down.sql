ALTER TABLE invocations DROP COLUMN route;
