-- breaking: no
-- How a release takes the place of the one before: strategy, pause, canaries, the way back.

-- Up Migration

-- contract/deploys.ts#DeployStrategy; what is missing has its default.
ALTER TABLE apps ADD COLUMN deploy_strategy jsonb NOT NULL DEFAULT '{}';
-- The release that served before, whose drained instances stay up until then.
ALTER TABLE apps ADD COLUMN kept_version integer;
ALTER TABLE apps ADD COLUMN kept_until timestamptz;
-- Until then crashes of what serves bring this release back.
ALTER TABLE apps ADD COLUMN watch_back integer;
ALTER TABLE apps ADD COLUMN watch_until timestamptz;

ALTER TABLE deployments ADD COLUMN paused_at timestamptz;
ALTER TABLE deployments ADD COLUMN canary_since timestamptz;
ALTER TABLE deployments ADD COLUMN promoted_at timestamptz;

-- Is to stay out of routing until it is told.
ALTER TABLE instances ADD COLUMN held boolean NOT NULL DEFAULT false;

DROP TRIGGER told_of_change ON deployments;
CREATE TRIGGER told_of_change AFTER UPDATE ON deployments FOR EACH ROW
  WHEN ((OLD.state, OLD.step, OLD.reason, OLD.release_id, OLD.finished_at, OLD.paused_at, OLD.canary_since, OLD.promoted_at)
        IS DISTINCT FROM
        (NEW.state, NEW.step, NEW.reason, NEW.release_id, NEW.finished_at, NEW.paused_at, NEW.canary_since, NEW.promoted_at))
  EXECUTE FUNCTION part_of_app_told('deployments');

-- Down Migration

DROP TRIGGER told_of_change ON deployments;
CREATE TRIGGER told_of_change AFTER UPDATE ON deployments FOR EACH ROW
  WHEN ((OLD.state, OLD.step, OLD.reason, OLD.release_id, OLD.finished_at)
        IS DISTINCT FROM (NEW.state, NEW.step, NEW.reason, NEW.release_id, NEW.finished_at))
  EXECUTE FUNCTION part_of_app_told('deployments');
ALTER TABLE instances DROP COLUMN held;
ALTER TABLE deployments DROP COLUMN paused_at, DROP COLUMN canary_since, DROP COLUMN promoted_at;
ALTER TABLE apps DROP COLUMN deploy_strategy, DROP COLUMN kept_version, DROP COLUMN kept_until,
  DROP COLUMN watch_back, DROP COLUMN watch_until;
