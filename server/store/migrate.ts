import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { DomainError } from '../domain/errors.ts'
import { asDomainError } from './db-errors.ts'

/** One file of `migrations/`; `breaking` by its header line `-- breaking: yes|no`. */
export interface MigrationFile {
  readonly name: string
  readonly breaking: boolean
}

export interface MigrateOptions {
  readonly url: string
  /** The folder with `NNNN_name.sql` files. */
  readonly folder: string
  readonly direction?: 'up' | 'down'
  /** How many; default all for up, one for down. */
  readonly count?: number
}

const TABLE = 'migrations'

/** What an older server needs to know of migrations that it does not have. */
const NOTES = `CREATE TABLE IF NOT EXISTS migration_notes (
  name text PRIMARY KEY,
  breaking boolean NOT NULL
)`

/** @throws when a file says nothing about `breaking`: whoever adds a migration has to decide. */
export function parseHeader(name: string, text: string): MigrationFile {
  const found = /^-- breaking: (yes|no)$/m.exec(text)
  if (found === null) throw new Error(`Migration ${name} has no line "-- breaking: yes" or "-- breaking: no"`)
  return { name, breaking: found[1] === 'yes' }
}

export async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  return await Promise.all(
    files.map(async (file) => parseHeader(file.slice(0, -4), await readFile(join(folder, file), 'utf8'))),
  )
}

/**
 * Applies what is missing, each in one transaction together with its row; several callers wait for one another.
 * Resolves with the names that were applied. Errors: database_unavailable; a failing migration leaves the database as
 * it was before that migration.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const files = await readMigrations(options.folder)
  return await withClient(options.url, async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', ['skypanel migrate'])
    await client.query(NOTES)
    refuse(await unknownBreaking(client, files))
    const direction = options.direction ?? 'up'
    // The note is written first: whoever sees a migration's row sees its note.
    if (direction === 'up') {
      for (const { name, breaking } of files) {
        await client.query(
          'INSERT INTO migration_notes VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET breaking = excluded.breaking',
          [name, breaking],
        )
      }
    }
    // The server that only checks does without its code.
    const { runner } = await import('node-pg-migrate')
    const ran = await runner({
      dbClient: client,
      dir: options.folder,
      ignorePattern: '.*(?<!\\.sql)',
      migrationsTable: TABLE,
      direction,
      ...(options.count === undefined ? {} : { count: options.count }),
      singleTransaction: false,
      // Ours waits, is held by this connection, and covers the notes too.
      noLock: true,
      log: () => undefined,
    })
    return ran.map(({ name }) => name)
  })
}

/**
 * Whether a server with these migrations may run on the database. Missing migrations are an error that says to
 * migrate; unknown ones are fine (an upgrade is under way) unless one of them is breaking.
 */
export async function checkMigrations(url: string, folder: string): Promise<void> {
  const files = await readMigrations(folder)
  await withClient(url, async (client) => {
    const applied = await appliedNames(client)
    const missing = files.filter(({ name }) => !applied.has(name))
    if (missing.length > 0) {
      throw new Error(
        `The database lacks ${missing.map(({ name }) => name).join(', ')}. Type: skypanel-server migrate (npm start does it)`,
      )
    }
    refuse(await unknownBreaking(client, files))
  })
}

function refuse(unknown: readonly string[]) {
  if (unknown.length === 0) return
  throw new DomainError(
    'not_available',
    `The database was changed by a newer version (${unknown.join(', ')}), which this one does not understand. Install that version again.`,
  )
}

async function exists(client: pg.Client, table: string): Promise<boolean> {
  const found = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table])
  return found.rows[0]?.there ?? false
}

async function appliedNames(client: pg.Client): Promise<Set<string>> {
  if (!(await exists(client, TABLE))) return new Set()
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${TABLE}`)
  return new Set(rows.map(({ name }) => name))
}

async function unknownBreaking(client: pg.Client, files: readonly MigrationFile[]): Promise<string[]> {
  if (!(await exists(client, TABLE)) || !(await exists(client, 'migration_notes'))) return []
  const known = new Set(files.map(({ name }) => name))
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM ${TABLE} JOIN migration_notes USING (name) WHERE breaking ORDER BY name`,
  )
  return rows.map(({ name }) => name).filter((name) => !known.has(name))
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: 'skypanel',
  })
  client.on('error', () => undefined) // The query that runs gets the same error.
  try {
    await client.connect()
    return await work(client)
  } catch (error) {
    throw asDomainError(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}
