-- breaking: no
-- Builds, releases, the wish how much of them runs, and the journal of how it comes about.

-- Up Migration

create table builds (
  id uuid primary key,
  app_id uuid not null references apps (id) on delete cascade,
  state text not null default 'pending' check (state in ('pending', 'running', 'succeeded', 'failed', 'canceled')),
  commit_sha text not null check (commit_sha ~ '^[0-9a-f]{40,64}$'),
  ref text not null,
  old_sha text not null,
  account_id uuid references accounts (id) on delete set null,
  author text not null,
  subject text not null default '',
  stack text not null,
  summary jsonb not null default '[]',
  plan jsonb,
  -- contract/nodes.ts#Artifact; set together with the state succeeded.
  artifact jsonb,
  reason text,
  -- The last event of the node's build that stands in build_lines; where to ask on after an interruption.
  node_seq integer not null default 0,
  cancel_requested boolean not null default false,
  -- Set before the artifact's roots are removed: from then on no release of it can be rolled back to.
  collected_at timestamptz,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  check (state <> 'succeeded' or artifact is not null)
);
create index builds_of_app on builds (app_id, created_at desc);

create table build_lines (
  build_id uuid not null references builds (id) on delete cascade,
  seq integer not null check (seq > 0),
  text text not null,
  primary key (build_id, seq)
);

create table releases (
  id uuid primary key,
  app_id uuid not null references apps (id) on delete cascade,
  version integer not null check (version > 0),
  state text not null default 'pending' check (state in ('pending', 'live', 'superseded', 'failed')),
  build_id uuid not null references builds (id),
  kind text not null check (kind in ('push', 'rollback', 'config')),
  description text not null,
  account_id uuid references accounts (id) on delete set null,
  author text not null,
  process_types jsonb not null,
  -- Sealed values by name, as env_vars holds them: base64 of the bytes.
  config jsonb not null,
  -- Quantities at the time that the release was made, for a rollback with `formation`.
  formation jsonb not null default '[]',
  -- The release whose place it took, to see whether that failed in the meantime.
  based_on integer,
  reason text,
  created_at timestamptz not null default now(),
  live_at timestamptz,
  unique (app_id, version)
);
create index releases_of_build on releases (build_id);

create function releases_are_immutable() returns trigger language plpgsql as $$
begin
  if (new.id, new.app_id, new.version, new.build_id, new.kind, new.description, new.author, new.process_types, new.config,
      new.formation, new.created_at, new.based_on)
     is distinct from
     (old.id, old.app_id, old.version, old.build_id, old.kind, old.description, old.author, old.process_types, old.config,
      old.formation, old.created_at, old.based_on) then
    raise exception 'release v% is immutable; make a new one', old.version using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger releases_immutable before update on releases for each row execute function releases_are_immutable();

alter table apps add constraint apps_current_release foreign key (current_release_id) references releases (id) deferrable initially deferred;

create table formations (
  app_id uuid not null references apps (id) on delete cascade,
  type text not null,
  quantity integer not null check (quantity between 0 and 100),
  size text not null,
  -- Raised by a restart; instances of lower generations are replaced.
  generation integer not null default 0,
  crashes integer not null default 0,
  crashed_at timestamptz,
  primary key (app_id, type)
);

create table deployments (
  id uuid primary key,
  app_id uuid not null references apps (id) on delete cascade,
  kind text not null check (kind in ('push', 'rollback', 'config', 'restart', 'scale', 'destroy')),
  state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed', 'canceled')),
  step text,
  build_id uuid references builds (id) on delete cascade,
  release_id uuid references releases (id),
  account_id uuid references accounts (id) on delete set null,
  author text not null,
  -- How a hook that lost its connection finds its push again. Only a hash, as it lets in.
  push_token bytea unique,
  -- Kind-specific facts that are decided when the deployment is made.
  detail jsonb not null default '{}',
  -- Set while the release is a candidate for the app's instances.
  rollout_deadline timestamptz,
  code text,
  reason text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  check ((finished_at is not null) = (state in ('succeeded', 'failed', 'canceled')))
);
create index deployments_of_app on deployments (app_id, created_at desc);
create index deployments_of_build on deployments (build_id);
create index deployments_open on deployments (app_id) where state in ('queued', 'running');

-- The journal: a row stands here before the effect that it names.
create table deployments_history (
  id bigint generated always as identity primary key,
  app_id uuid not null references apps (id) on delete cascade,
  deployment_id uuid references deployments (id) on delete cascade,
  instance_id uuid,
  step text not null,
  detail jsonb not null default '{}',
  at timestamptz not null default clock_timestamp()
);
create index deployments_history_of_app on deployments_history (app_id, id);
create index deployments_history_of_deployment on deployments_history (deployment_id) where deployment_id is not null;

create table instances (
  id uuid primary key,
  app_id uuid not null references apps (id) on delete cascade,
  release_id uuid not null references releases (id),
  deployment_id uuid references deployments (id) on delete set null,
  type text not null,
  number integer not null check (number > 0),
  kind text not null check (kind in ('service', 'release', 'run')),
  generation integer not null default 0,
  replace boolean not null default false,
  -- What we ordered. `ended` rows stay for a while, for people to see.
  phase text not null default 'intended' check (phase in ('intended', 'started', 'draining', 'stopping', 'ended')),
  -- Whether the node confirmed the order of this phase; if not, it is given again.
  confirmed boolean not null default false,
  phase_since timestamptz not null default now(),
  -- What the node last told.
  status text check (status in ('starting', 'ready', 'draining', 'exited')),
  status_since timestamptz,
  address text,
  ready_at timestamptz,
  exit jsonb,
  -- One-offs only: their command, terminal and extra environment (sealed).
  command text,
  run jsonb,
  restarts integer not null default 0,
  created_at timestamptz not null default now(),
  ended_at timestamptz
);
create unique index instances_name on instances (app_id, type, number) where phase <> 'ended';
create index instances_of_app on instances (app_id, created_at desc);
create index instances_open on instances (app_id) where phase <> 'ended';

-- Work that exactly one worker does: a lease by the database's clock, at most one running job per app.
create table jobs (
  id uuid primary key,
  app_id uuid references apps (id) on delete cascade,
  deployment_id uuid references deployments (id) on delete cascade,
  kind text not null check (kind in ('deploy', 'collect')),
  state text not null default 'queued' check (state in ('queued', 'running', 'done')),
  attempt integer not null default 0,
  -- The epoch of the server that runs it; a newer server takes the jobs of older ones over without waiting.
  epoch integer,
  lease_until timestamptz,
  cancel_requested boolean not null default false,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create unique index jobs_one_running_per_app on jobs (app_id) where state = 'running';
create index jobs_queued on jobs (created_at) where state = 'queued';

-- What a plan resolved to, so that an unchanged app gets the same versions again.
create table build_cache (
  app_id uuid not null references apps (id) on delete cascade,
  key text not null,
  value jsonb not null,
  used_at timestamptz not null default now(),
  primary key (app_id, key)
);

-- Down Migration

alter table apps drop constraint apps_current_release;
update apps set current_release_id = null;
drop table build_cache, jobs, instances, deployments_history, deployments, formations, releases, build_lines, builds;
drop function releases_are_immutable();
