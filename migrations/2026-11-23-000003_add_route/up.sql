ALTER TABLE invocations ADD COLUMN route TEXT;
