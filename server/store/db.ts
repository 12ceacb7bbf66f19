import pg from 'pg'
import { asDomainError } from './db-errors.ts'
import { openListener } from './listener.ts'

export type Value =
  | string
  | number
  | boolean
  | null
  | Buffer
  | Date
  | readonly string[]
  | readonly number[]
  | object

/** Anything that runs a query: the pool or one transaction. */
export interface Sql {
  /**
   * Times come as ISO 8601 text in UTC with microseconds (`Time` of the contract), bigint as number, bytea as Buffer,
   * json parsed. Errors: `DomainError` database_unavailable and conflict; else pg's own.
   */
  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly Value[]): Promise<Row[]>
}

/** A running transaction. Only `Db.transaction` makes one, so what asks for a `Tx` cannot be called without. */
export interface Tx extends Sql {
  readonly [inTransaction]: true
}
declare const inTransaction: unique symbol

export interface Db extends Sql, AsyncDisposable {
  /** Commits when `work` resolves, rolls back when it throws. A lost connection is a rollback. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Calls back with each payload of a channel; with null after the connection was made anew, when notices may have
   * been missed. Returns how to stop. Sending: `notify(sql, channel, payload)`.
   */
  listen(channel: string, heard: (payload: string | null) => void): () => void
}

export interface DbOptions {
  /** `postgresql://user@/database?host=/folder/of/the/socket`, or any other URL that pg takes. */
  readonly url: string
  /** Connections at most; default 10. */
  readonly max?: number
  /** Told of connections that broke while nobody used them. */
  readonly warn?: (message: string, error: unknown) => void
}

/** Ends what runs away: the slowest honest query of ours takes milliseconds. */
const SESSION =
  '-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s'

const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === pg.types.builtins.TIMESTAMPTZ) return isoTime
    if (oid === pg.types.builtins.INT8) return Number
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
  },
}

/** `2026-01-02 03:04:05.678901+00` → `2026-01-02T03:04:05.678901Z`; the session's zone is UTC. */
const isoTime = (text: string) => `${text.slice(0, 10)}T${text.slice(11).replace(/\+00(:00)?$/, 'Z')}`

/** Opens a pool; connections are made when they are needed, so a database that is away is an error of each query. */
export function openDb(options: DbOptions): Db {
  const config: pg.ClientConfig = {
    connectionString: options.url,
    options: SESSION,
    types,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: 'skypanel',
  }
  const pool = new pg.Pool({ ...config, max: options.max ?? 10, idleTimeoutMillis: 30_000 })
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', (error) => options.warn?.('a connection to the database broke', error))
  const listener = openListener(() => new pg.Client(config))

  async function query<Row extends object>(
    on: pg.Pool | pg.PoolClient,
    text: string,
    values: readonly Value[] = [],
  ): Promise<Row[]> {
    try {
      return (await on.query<Row>(text, [...values])).rows
    } catch (error) {
      throw asDomainError(error)
    }
  }

  return {
    query: (text, values) => query(pool, text, values),
    async transaction(work) {
      const client = await pool.connect().catch((error: unknown) => {
        throw asDomainError(error)
      })
      let broken: Error | undefined
      const onError = (error: Error) => (broken = error)
      client.on('error', onError)
      try {
        await query(client, 'BEGIN')
        // The one place that makes a Tx; the brand exists for the compiler only.
        const tx = { query: (text, values) => query(client, text, values) } as Tx
        const result = await work(tx)
        await query(client, 'COMMIT')
        return result
      } catch (error) {
        if (broken === undefined) await client.query('ROLLBACK').catch((failed: Error) => (broken = failed))
        throw asDomainError(error)
      } finally {
        client.removeListener('error', onError)
        client.release(broken)
      }
    },
    listen: (channel, heard) => listener.listen(channel, heard),
    async [Symbol.asyncDispose]() {
      await listener.close()
      await pool.end()
    },
  }
}

/** Heard by listeners when the transaction commits (at once outside of one). */
export async function notify(sql: Sql, channel: string, payload: string): Promise<void> {
  await sql.query('SELECT pg_notify($1, $2)', [channel, payload])
}
