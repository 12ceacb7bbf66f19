-- breaking: yes
-- Up Migration

CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  email text NOT NULL,
  name text,
  -- argon2id as a PHC string; null: such an account cannot log in with a password.
  password_hash text,
  platform_admin boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX accounts_email ON accounts (lower(email));

CREATE TABLE teams (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE memberships (
  team_id uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
  account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('admin', 'member')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, account_id)
);
CREATE INDEX memberships_account ON memberships (account_id);

CREATE TABLE tokens (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  -- sha256 of the token's text, which is shown once and kept nowhere.
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  label text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
CREATE INDEX tokens_account ON tokens (account_id);

CREATE TABLE apps (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE,
  team_id uuid NOT NULL REFERENCES teams,
  stack text NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'destroying')),
  maintenance boolean NOT NULL DEFAULT false,
  deploy_branch text NOT NULL DEFAULT 'main',
  -- null: an instance is ready when its port accepts a connection.
  health_check_path text,
  -- The release that serves; null before the first. Its foreign key comes with the releases.
  current_release_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX apps_team ON apps (team_id);

CREATE TABLE env_vars (
  app_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  name text NOT NULL,
  -- AES-256-GCM with app and name as associated data: a value moved to another row does not open.
  sealed bytea NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_id, name)
);

-- Custom host names; an app's own host follows from its name and the installation's domain.
CREATE TABLE domains (
  hostname text PRIMARY KEY CHECK (hostname = lower(hostname)),
  app_id uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX domains_app ON domains (app_id);

CREATE TABLE settings (
  key text PRIMARY KEY,
  value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE nodes (
  name text PRIMARY KEY,
  -- Raised at each start of a server; agents refuse orders that carry a lower one than they saw.
  epoch bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO nodes (name) VALUES ('local');

-- Who did what. A line names things by value, not by key: it outlives them.
CREATE TABLE audit (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- Place in the chain, without gaps, in the order of commits.
  seq bigint UNIQUE,
  at timestamptz NOT NULL DEFAULT now(),
  actor_id uuid,
  actor text NOT NULL,
  action text NOT NULL,
  app_id uuid,
  target text,
  detail jsonb NOT NULL DEFAULT '{}',
  previous bytea,
  hash bytea
);
CREATE INDEX audit_app ON audit (app_id, seq);

CREATE FUNCTION audit_digest(line audit) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(coalesce(line.previous, ''::bytea) || convert_to(jsonb_build_array(
    line.id, line.seq, to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), line.actor_id, line.actor,
    line.action, line.app_id, line.target, line.detail
  )::text, 'UTF8'))
$$;

-- Runs at commit, after every other lock was taken: so the chain's lock can neither deadlock nor be held for long.
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  line audit;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('skypanel audit'));
  SELECT * INTO STRICT line FROM audit WHERE id = NEW.id;
  SELECT seq + 1, hash INTO line.seq, line.previous FROM audit WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1;
  line.seq := coalesce(line.seq, 1);
  line.hash := audit_digest(line);
  UPDATE audit SET seq = line.seq, previous = line.previous, hash = line.hash WHERE id = line.id;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.seq IS NOT NULL OR NEW.previous IS NOT NULL OR NEW.hash IS NOT NULL THEN
      RAISE EXCEPTION 'the chain of the audit log is made by the database';
    END IF;
    RETURN NEW;
  END IF;
  -- The only change ever made is the chaining of a line within the transaction that wrote it.
  IF TG_OP = 'UPDATE' AND pg_trigger_depth() = 2 AND OLD.hash IS NULL
     AND (OLD.id, OLD.at, OLD.actor_id, OLD.actor, OLD.action, OLD.app_id, OLD.target, OLD.detail)
         IS NOT DISTINCT FROM (NEW.id, NEW.at, NEW.actor_id, NEW.actor, NEW.action, NEW.app_id, NEW.target, NEW.detail) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only';
END
$$;
CREATE TRIGGER audit_append_only BEFORE INSERT OR UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit EXECUTE FUNCTION audit_append_only();

-- The first line that was changed, removed or put in; null: the chain is whole.
CREATE FUNCTION audit_broken_at() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT min(place) FROM (
    SELECT row_number() OVER w AS place, line.seq,
           line.previous IS NOT DISTINCT FROM lag(line.hash) OVER w AND line.hash = audit_digest(line) AS ok
    FROM audit line WINDOW w AS (ORDER BY line.seq)
  ) chain WHERE NOT coalesce(ok, false) OR seq IS DISTINCT FROM place
$$;

-- Down Migration

DROP TABLE audit CASCADE;
DROP FUNCTION audit_chain(), audit_append_only(), audit_broken_at();
DROP TABLE nodes, settings, domains, env_vars, apps, tokens, memberships, teams, accounts;
