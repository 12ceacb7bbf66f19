-- breaking: no
-- What an app's instances run in, where neither its source nor the node is to decide.

-- Up Migration

-- contract/nodes.ts#DriverName; null: what the build's plan says, else the node's own choice.
ALTER TABLE apps ADD COLUMN driver text CHECK (driver IN ('nspawn', 'lxc', 'fake'));

-- Down Migration

ALTER TABLE apps DROP COLUMN driver;
