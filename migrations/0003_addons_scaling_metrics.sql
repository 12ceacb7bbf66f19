-- breaking: no
-- Up Migration

CREATE TABLE addons (
  id uuid PRIMARY KEY,
  app_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  name text NOT NULL UNIQUE,
  service text NOT NULL,
  plan text NOT NULL,
  state text NOT NULL CHECK (state IN ('provisioning', 'provisioned', 'deprovisioning', 'failed')),
  -- Sealed credentials, as env_vars holds config vars.
  sealed bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX addons_app ON addons (app_id);

CREATE TABLE scaling_policies (
  app_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  type text NOT NULL,
  minimum integer NOT NULL CHECK (minimum >= 0),
  maximum integer NOT NULL CHECK (maximum BETWEEN minimum AND 100),
  metric text NOT NULL CHECK (metric IN ('cpu', 'memory', 'p95')),
  target double precision NOT NULL CHECK (target > 0),
  enabled boolean NOT NULL DEFAULT true,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_id, type)
);

CREATE TABLE metrics_snapshots (
  app_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  -- Start of the interval; one row a process type and interval.
  at timestamptz NOT NULL,
  seconds integer NOT NULL CHECK (seconds > 0),
  type text NOT NULL,
  instances integer NOT NULL,
  memory_mb double precision NOT NULL,
  cpu_seconds double precision NOT NULL,
  PRIMARY KEY (app_id, type, at, seconds)
);

-- The directory's document is made of these tables; whoever changes one need not think of it. Notices of one
-- transaction are merged, and sent when it commits.
CREATE FUNCTION hosts_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('hosts', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER hosts_changed AFTER INSERT OR UPDATE OR DELETE ON apps FOR EACH STATEMENT EXECUTE FUNCTION hosts_changed();
CREATE TRIGGER hosts_changed AFTER INSERT OR UPDATE OR DELETE ON domains FOR EACH STATEMENT EXECUTE FUNCTION hosts_changed();
CREATE TRIGGER hosts_changed AFTER INSERT OR DELETE OR UPDATE OF quantity ON formations FOR EACH STATEMENT EXECUTE FUNCTION hosts_changed();

-- Down Migration

DROP FUNCTION hosts_changed() CASCADE;
DROP TABLE metrics_snapshots, scaling_policies, addons;
