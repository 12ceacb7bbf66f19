import { randomBytes } from 'node:crypto'
import {
  appendFile,
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { run, tryRun } from '../exec.ts'

/**
 * A PostgreSQL cluster of our own from the system's packages. It listens on a unix socket only; who may connect is
 * decided by the kernel (peer credentials and a map), so there is no password that could be lost.
 */
export interface ClusterSpec {
  /** Folder that holds `data`. */
  readonly folder: string
  readonly socketFolder: string
  /** The system user it runs as; PostgreSQL refuses to run as root. */
  readonly owner: { readonly name: string; readonly uid: number; readonly gid: number }
  /** System users that may connect, and as which role. */
  readonly clients: readonly { readonly system: string; readonly role: string }[]
  /** Roles besides the superuser `postgres`; each gets a database of its own name. */
  readonly roles: readonly string[]
  /** false only for throw-away clusters: a crash then loses them. */
  readonly durable: boolean
}

export const OLDEST_POSTGRES = 15

/** The newest installed PostgreSQL's `bin` folder. @throws when none is at least 15. */
export async function postgresBin(root = '/usr/lib/postgresql'): Promise<string> {
  const versions = (await readdir(root).catch(() => []))
    .map(Number)
    .filter((version) => version >= OLDEST_POSTGRES)
  const newest = versions.sort((a, b) => b - a)[0]
  if (newest === undefined) {
    throw new Error(`No PostgreSQL ≥ ${OLDEST_POSTGRES} below ${root}. Type: apt-get install postgresql`)
  }
  return join(root, String(newest), 'bin')
}

/** The `bin` folder of the version that made the cluster: a newer one does not read its files. */
export async function clusterBin(
  spec: Pick<ClusterSpec, 'folder'>,
  root = '/usr/lib/postgresql',
): Promise<string> {
  const version = await readFile(join(spec.folder, 'data', 'PG_VERSION'), 'utf8').catch(() => null)
  if (version === null) return await postgresBin(root)
  const bin = join(root, version.trim(), 'bin')
  if ((await stat(join(bin, 'postgres')).catch(() => null)) === null) {
    throw new Error(
      `The database was made by PostgreSQL ${version.trim()}, which is not installed. Type: apt-get install postgresql-${version.trim()}`,
    )
  }
  return bin
}

/** pg_hba.conf and pg_ident.conf: unix socket only, each system user as the roles it was given. */
export function accessRules(spec: Pick<ClusterSpec, 'owner' | 'clients'>): { hba: string; ident: string } {
  const entries = [
    { system: spec.owner.name, role: 'postgres' },
    { system: 'root', role: 'postgres' },
    ...spec.clients,
  ]
  return {
    hba: 'local all all peer map=skypanel\n',
    ident: [...new Set(entries.map(({ system, role }) => `skypanel ${system} ${role}\n`))].join(''),
  }
}

/** Settings for a small machine; half a core and 20 MB at rest. */
export function settings(spec: Pick<ClusterSpec, 'socketFolder' | 'durable'>): string {
  const lines = [
    "listen_addresses = ''",
    `unix_socket_directories = '${spec.socketFolder}'`,
    // The folder decides who reaches the socket; peer credentials decide who gets in.
    'unix_socket_permissions = 0777',
    'max_connections = 60',
    'shared_buffers = 32MB',
    'wal_level = replica',
    'max_wal_size = 256MB',
    'min_wal_size = 32MB',
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    // Nothing runs in a private cluster that needs it, and its launcher wakes twice a second.
    'jit = off',
    'max_worker_processes = 2',
    'max_parallel_workers = 0',
    ...(spec.durable
      ? []
      : ['fsync = off', 'synchronous_commit = off', 'full_page_writes = off', 'autovacuum = off']),
  ]
  return `${lines.join('\n')}\n`
}

const as = (owner: ClusterSpec['owner'], argv: readonly string[]) => [
  'setpriv',
  `--reuid=${owner.uid}`,
  `--regid=${owner.gid}`,
  '--clear-groups',
  '--',
  ...argv,
]

/**
 * Makes the cluster unless it is there. Made under another name and renamed, so one that was killed half-way through
 * leaves nothing that looks finished; the configuration is written anew each time.
 */
export async function ensureCluster(spec: ClusterSpec): Promise<void> {
  const data = join(spec.folder, 'data')
  await mkdir(spec.folder, { recursive: true })
  await chown(spec.folder, spec.owner.uid, spec.owner.gid)
  await chmod(spec.folder, 0o700)
  if ((await stat(join(data, 'PG_VERSION')).catch(() => null)) === null) {
    const bin = await postgresBin()
    const half = join(spec.folder, `.new-${randomBytes(4).toString('hex')}`)
    // The initdb of a set-up that was killed may still write there; it ends by itself once its folder goes.
    for (const name of await readdir(spec.folder)) {
      if (!name.startsWith('.new-')) continue
      await rm(join(spec.folder, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 20 })
    }
    await run(
      as(spec.owner, [
        join(bin, 'initdb'),
        '-D',
        half,
        '-U',
        'postgres',
        '-E',
        'UTF8',
        '--locale=C.UTF-8',
        '--auth=peer',
        '--no-sync',
        '--no-instructions',
      ]),
      { cwd: '/' },
    )
    await appendFile(join(half, 'postgresql.conf'), "\ninclude 'skypanel.conf'\n")
    await writeFile(join(half, 'skypanel.conf'), '')
    // initdb ran without a sync; one for all of it is cheaper and as safe.
    if (spec.durable) await run(['sync', '-f', half])
    await rm(data, { recursive: true, force: true })
    await rename(half, data)
  }
  const { hba, ident } = accessRules(spec)
  for (const [name, text] of [
    ['skypanel.conf', settings(spec)],
    ['pg_hba.conf', hba],
    ['pg_ident.conf', ident],
  ] as const) {
    await writeFile(join(data, name), text)
    await chown(join(data, name), spec.owner.uid, spec.owner.gid)
  }
}

/** argv of the server in the foreground; it ends on SIGINT (fast) and keeps everything on SIGKILL. */
export async function postgresArgv(spec: Pick<ClusterSpec, 'folder'>): Promise<string[]> {
  return [join(await clusterBin(spec), 'postgres'), '-D', join(spec.folder, 'data')]
}

/** Whether something accepts on the cluster's socket. */
export async function accepts(socketFolder: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(join(socketFolder, '.s.PGSQL.5432'))
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** psql as the superuser; resolves with unaligned rows. */
export async function sql(
  spec: Pick<ClusterSpec, 'folder' | 'socketFolder' | 'owner'>,
  text: string,
  database = 'postgres',
): Promise<string> {
  const bin = await clusterBin(spec)
  return await run(
    as(spec.owner, [
      join(bin, 'psql'),
      '-XAtq',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      spec.socketFolder,
      '-U',
      'postgres',
      '-d',
      database,
    ]),
    { cwd: '/', input: text },
  )
}

/** Makes the roles and their databases; safe to repeat. */
export async function ensureRoles(spec: ClusterSpec): Promise<void> {
  for (const role of spec.roles) {
    const quoted = `"${role.replaceAll('"', '""')}"`
    const literal = `'${role.replaceAll("'", "''")}'`
    const known = await sql(
      spec,
      `SELECT (SELECT count(*) FROM pg_roles WHERE rolname = ${literal}), (SELECT count(*) FROM pg_database WHERE datname = ${literal})`,
    )
    const [roles, databases] = known.trim().split('|')
    if (roles === '0') await sql(spec, `CREATE ROLE ${quoted} LOGIN`)
    if (databases === '0') await sql(spec, `CREATE DATABASE ${quoted} OWNER ${quoted}`)
  }
}

/** Ends a cluster that `pg_ctl` can find; SIGINT: clients are cut, nothing is lost. */
export async function stopCluster(spec: Pick<ClusterSpec, 'folder' | 'owner'>): Promise<void> {
  const data = join(spec.folder, 'data')
  if ((await stat(join(data, 'postmaster.pid')).catch(() => null)) === null) return
  const bin = await clusterBin(spec)
  await tryRun(as(spec.owner, [join(bin, 'pg_ctl'), '-D', data, '-m', 'fast', '-w', 'stop']), {
    cwd: dirname(data),
  })
}
