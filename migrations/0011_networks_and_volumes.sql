-- breaking: no
-- What apps may reach, and the disks that outlive their instances.

-- Up Migration

CREATE SEQUENCE network_revisions;

-- contract/network.ts#AppNetwork. No row: the public network, and no other app.
CREATE TABLE app_networks (
  app_id uuid PRIMARY KEY REFERENCES apps ON DELETE CASCADE,
  egress text NOT NULL DEFAULT 'open' CHECK (egress IN ('open', 'registries', 'allow', 'none')),
  allow jsonb NOT NULL DEFAULT '[]',
  -- A node that was told two versions goes by the higher one.
  revision bigint NOT NULL DEFAULT nextval('network_revisions')
);

CREATE TABLE app_links (
  app_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  target_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_id, target_id),
  CHECK (app_id <> target_id)
);
CREATE INDEX app_links_target ON app_links (target_id);

CREATE FUNCTION networks_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('networks', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER networks_changed AFTER INSERT OR UPDATE OR DELETE ON app_networks FOR EACH STATEMENT EXECUTE FUNCTION networks_changed();

-- The link's end changes what the app may reach, also when it is the other app that goes.
CREATE FUNCTION links_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE app_networks SET revision = nextval('network_revisions')
   WHERE app_id = CASE TG_OP WHEN 'DELETE' THEN OLD.app_id ELSE NEW.app_id END;
  RETURN NULL;
END
$$;
CREATE TRIGGER links_changed AFTER INSERT OR DELETE ON app_links FOR EACH ROW EXECUTE FUNCTION links_changed();

CREATE TABLE volumes (
  id uuid PRIMARY KEY,
  app_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  name text NOT NULL,
  type text NOT NULL,
  mount text NOT NULL,
  size_mb integer NOT NULL CHECK (size_mb > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_id, name),
  UNIQUE (app_id, type, mount)
);

-- Down Migration

DROP TABLE volumes, app_links, app_networks;
DROP FUNCTION links_changed();
DROP FUNCTION networks_changed();
DROP SEQUENCE network_revisions;
