-- breaking: no
-- A new release's web.1 runs for a while beside the old one's, so that numbers do not climb with each deploy.

-- Up Migration

DROP INDEX instances_name;
CREATE INDEX instances_name ON instances (app_id, type, number) WHERE phase <> 'ended';
CREATE UNIQUE INDEX instances_one_off ON instances (app_id, type, number) WHERE kind <> 'service' AND phase <> 'ended';

-- Down Migration

DROP INDEX instances_one_off;
DROP INDEX instances_name;
-- Of several with one name the others get numbers that nobody has.
UPDATE instances SET number = 1000000 + place.at FROM (
  SELECT id, row_number() OVER () AS at, row_number() OVER (PARTITION BY app_id, type, number ORDER BY created_at) AS nth
    FROM instances WHERE phase <> 'ended') place
 WHERE place.id = instances.id AND place.nth > 1;
CREATE UNIQUE INDEX instances_name ON instances (app_id, type, number) WHERE phase <> 'ended';
