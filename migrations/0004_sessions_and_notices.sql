-- breaking: no
-- Browsers that are signed in, one-time links, and notices of what changed for the pages that show it.

-- Up Migration

CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  -- sha256 of the cookie's secret, which is kept nowhere.
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  user_agent text NOT NULL,
  address text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);

-- Each lets its account in once; using it deletes the row.
CREATE TABLE sign_in_links (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_links_account ON sign_in_links (account_id);

-- Whoever changes a row need not think of the pages that show it. A notice says what to ask for again, never what it
-- holds. Equal ones of one transaction are merged, and sent when it commits.
CREATE FUNCTION tell_of_app(app uuid, team uuid, topic text) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('changes', jsonb_build_object('app', app, 'team', team, 'topic', topic)::text)
$$;

CREATE FUNCTION apps_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN PERFORM tell_of_app(OLD.id, OLD.team_id, 'app'); END IF;
  IF TG_OP <> 'DELETE' THEN PERFORM tell_of_app(NEW.id, NEW.team_id, 'app'); END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER apps_told AFTER INSERT OR DELETE ON apps FOR EACH ROW EXECUTE FUNCTION apps_told();
CREATE TRIGGER apps_told_of_change AFTER UPDATE ON apps FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION apps_told();

-- Rows of an app, for the topic that the trigger names. An app that goes takes them along and tells of itself.
CREATE FUNCTION part_of_app_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of_app uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.app_id ELSE NEW.app_id END;
  its_team uuid;
BEGIN
  SELECT team_id INTO its_team FROM apps WHERE id = of_app;
  IF FOUND THEN PERFORM tell_of_app(of_app, its_team, TG_ARGV[0]); END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON env_vars FOR EACH ROW EXECUTE FUNCTION part_of_app_told('config-vars');
CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON domains FOR EACH ROW EXECUTE FUNCTION part_of_app_told('domains');
CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON releases FOR EACH ROW EXECUTE FUNCTION part_of_app_told('releases');
CREATE TRIGGER told AFTER INSERT OR DELETE ON formations FOR EACH ROW EXECUTE FUNCTION part_of_app_told('formation');
CREATE TRIGGER told_of_change AFTER UPDATE ON formations FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION part_of_app_told('formation');
CREATE TRIGGER told AFTER INSERT OR DELETE ON builds FOR EACH ROW EXECUTE FUNCTION part_of_app_told('builds');
-- Each line of output moves node_seq, and says nothing that a page shows.
CREATE TRIGGER told_of_change AFTER UPDATE ON builds FOR EACH ROW
  WHEN ((OLD.state, OLD.subject, OLD.summary, OLD.reason, OLD.finished_at, OLD.collected_at)
        IS DISTINCT FROM (NEW.state, NEW.subject, NEW.summary, NEW.reason, NEW.finished_at, NEW.collected_at))
  EXECUTE FUNCTION part_of_app_told('builds');
CREATE TRIGGER told AFTER INSERT OR DELETE ON deployments FOR EACH ROW EXECUTE FUNCTION part_of_app_told('deployments');
CREATE TRIGGER told_of_change AFTER UPDATE ON deployments FOR EACH ROW
  WHEN ((OLD.state, OLD.step, OLD.reason, OLD.release_id, OLD.finished_at)
        IS DISTINCT FROM (NEW.state, NEW.step, NEW.reason, NEW.release_id, NEW.finished_at))
  EXECUTE FUNCTION part_of_app_told('deployments');
CREATE TRIGGER told AFTER INSERT OR DELETE ON instances FOR EACH ROW EXECUTE FUNCTION part_of_app_told('instances');
CREATE TRIGGER told_of_change AFTER UPDATE ON instances FOR EACH ROW
  WHEN ((OLD.phase, OLD.status, OLD.exit, OLD.restarts) IS DISTINCT FROM (NEW.phase, NEW.status, NEW.exit, NEW.restarts))
  EXECUTE FUNCTION part_of_app_told('instances');

-- What an account may do, and who is signed in with it: live connections are looked at again by these.
CREATE FUNCTION account_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  row_of jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
  PERFORM pg_notify('changes', jsonb_build_object('account', row_of -> TG_ARGV[1], 'topic', TG_ARGV[0])::text);
  RETURN NULL;
END
$$;
CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON memberships FOR EACH ROW EXECUTE FUNCTION account_told('account', 'account_id');
CREATE TRIGGER told AFTER UPDATE OR DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION account_told('account', 'id');
-- A session's use is no news.
CREATE TRIGGER told AFTER INSERT OR DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION account_told('sessions', 'account_id');

-- Down Migration

DROP FUNCTION account_told() CASCADE;
DROP FUNCTION part_of_app_told() CASCADE;
DROP FUNCTION apps_told() CASCADE;
DROP FUNCTION tell_of_app(uuid, uuid, text);
DROP TABLE sign_in_links, sessions;
