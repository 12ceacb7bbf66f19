-- breaking: no
-- When each line of a build was printed, so that its stages can be told how long they took.

-- Up Migration

-- Lines that are there already get no time; it is not known.
ALTER TABLE build_lines ADD COLUMN at timestamptz;
ALTER TABLE build_lines ALTER COLUMN at SET DEFAULT clock_timestamp();

-- Down Migration

ALTER TABLE build_lines DROP COLUMN at;
