-- breaking: no
-- Builds from other sources than a push, what a build put into its releases, and what is known against it.

-- Up Migration

-- null until a source that has to be fetched was.
ALTER TABLE builds ALTER COLUMN commit_sha DROP NOT NULL;
-- contract/releases.ts#BuildSource
ALTER TABLE builds ADD COLUMN source jsonb NOT NULL DEFAULT '{"kind": "push"}';
-- Sealed credentials of a source that is fetched; gone once it was.
ALTER TABLE builds ADD COLUMN source_secret bytea;

ALTER TABLE apps ADD COLUMN vulnerability_policy text NOT NULL DEFAULT 'warn'
  CHECK (vulnerability_policy IN ('off', 'warn', 'block'));

-- Outlives the build's artifact: what an old release held is asked for when it matters.
CREATE TABLE build_components (
  build_id uuid PRIMARY KEY REFERENCES builds ON DELETE CASCADE,
  components jsonb NOT NULL,
  findings jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration

DROP TABLE build_components;
ALTER TABLE apps DROP COLUMN vulnerability_policy;
ALTER TABLE builds DROP COLUMN source_secret;
ALTER TABLE builds DROP COLUMN source;
UPDATE builds SET commit_sha = repeat('0', 40) WHERE commit_sha IS NULL;
ALTER TABLE builds ALTER COLUMN commit_sha SET NOT NULL;
