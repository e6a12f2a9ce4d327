DROP TABLE invocation_bodies;
DROP TABLE invocations;
