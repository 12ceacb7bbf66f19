-- breaking: no
-- Health of running instances, cordoned nodes, and what ran at its times.

-- Up Migration

-- Why a ready instance is out of routing; null: it is not.
ALTER TABLE instances ADD COLUMN unready text;
DROP TRIGGER told_of_change ON instances;
CREATE TRIGGER told_of_change AFTER UPDATE ON instances FOR EACH ROW
  WHEN ((OLD.phase, OLD.status, OLD.exit, OLD.restarts, OLD.unready) IS DISTINCT FROM (NEW.phase, NEW.status, NEW.exit, NEW.restarts, NEW.unready))
  EXECUTE FUNCTION part_of_app_told('instances');

-- No new instances are placed while it stands.
ALTER TABLE nodes ADD COLUMN cordoned_at timestamptz;
-- contract/nodes.ts#NodeResources, as the agent told it last.
ALTER TABLE nodes ADD COLUMN resources jsonb;

-- One row for each time that an entry of an app's schedule was due: whoever inserts it starts the run, so that no
-- restart and no second server runs it twice.
CREATE TABLE cron_runs (
  app_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  entry text NOT NULL,
  due_at timestamptz NOT NULL,
  -- `missed`: nobody was there to start it in time.
  outcome text NOT NULL CHECK (outcome IN ('started', 'skipped', 'missed')),
  reason text,
  instance_id uuid REFERENCES instances ON DELETE SET NULL,
  PRIMARY KEY (app_id, entry, due_at),
  CHECK (outcome <> 'started' OR reason IS NULL)
);

-- From when on an entry is looked at: what was due before it was there is not missed.
CREATE TABLE cron_entries (
  app_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  entry text NOT NULL,
  schedule text NOT NULL,
  -- Up to here every due time has its row.
  seen_until timestamptz NOT NULL,
  PRIMARY KEY (app_id, entry)
);

-- Down Migration

DROP TABLE cron_entries, cron_runs;
ALTER TABLE nodes DROP COLUMN resources;
ALTER TABLE nodes DROP COLUMN cordoned_at;
DROP TRIGGER told_of_change ON instances;
CREATE TRIGGER told_of_change AFTER UPDATE ON instances FOR EACH ROW
  WHEN ((OLD.phase, OLD.status, OLD.exit, OLD.restarts) IS DISTINCT FROM (NEW.phase, NEW.status, NEW.exit, NEW.restarts))
  EXECUTE FUNCTION part_of_app_told('instances');
ALTER TABLE instances DROP COLUMN unready;
