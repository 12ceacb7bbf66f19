import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseGate } from '../../test/support/database-gate.ts'
import { withDatabase } from '../../test/support/postgres.ts'
import { Time } from '../contract/ids.ts'
import { type Db, notify, openDb } from './db.ts'

let database: Awaited<ReturnType<typeof withDatabase>>
let db: Db
beforeAll(async () => {
  database = await withDatabase()
  db = openDb({ url: database.url, max: 4 })
  await db.query('CREATE TABLE things (id int PRIMARY KEY)')
})
afterAll(async () => {
  await db[Symbol.asyncDispose]()
  await database.close()
})

const ids = async () =>
  (await db.query<{ id: number }>('SELECT id FROM things ORDER BY id')).map(({ id }) => id)

describe('a row', () => {
  it('has times as the contract has them, numbers as numbers, bytes as bytes', async () => {
    const [row] = await db.query<{ at: string; big: number; bytes: Buffer; list: string[] }>(
      `SELECT '2026-01-02 03:04:05.678901+02'::timestamptz AS at, 9007199254740991::bigint AS big, '\\x00ff'::bytea AS bytes, ARRAY['a'] AS list`,
    )
    expect(row).toEqual({
      at: '2026-01-02T01:04:05.678901Z',
      big: 9_007_199_254_740_991,
      bytes: Buffer.of(0, 255),
      list: ['a'],
    })
    expect(Time.safeParse(row?.at).success).toBe(true)
  })
})

describe('a transaction', () => {
  it('is all or nothing', async () => {
    await db.transaction(async (tx) => void (await tx.query('INSERT INTO things VALUES (1)')))
    await expect(
      db.transaction(async (tx) => {
        await tx.query('INSERT INTO things VALUES (2)')
        throw new Error('thought better of it')
      }),
    ).rejects.toThrow('thought better of it')
    await expect(
      db.transaction(async (tx) => {
        await tx.query('INSERT INTO things VALUES (3)')
        await tx.query('INSERT INTO things VALUES (1)')
      }),
    ).rejects.toThrow(/duplicate key/)
    expect(await ids()).toEqual([1])
  })

  it('whose connection is cut is rolled back, and the next one works', async () => {
    await expect(
      db.transaction(async (tx) => {
        const [row] = await tx.query<{ pid: number }>(
          'INSERT INTO things VALUES (4) RETURNING pg_backend_pid() AS pid',
        )
        await db.query('SELECT pg_terminate_backend($1)', [row?.pid ?? 0])
        await new Promise((resolve) => setTimeout(resolve, 50))
        await tx.query('INSERT INTO things VALUES (5)')
      }),
    ).rejects.toMatchObject({ code: 'database_unavailable' })
    expect(await ids()).toEqual([1])
  })

  it('that another one blocks for ever ends as a conflict', async () => {
    const crossed = (first: number, second: number) =>
      db.transaction(async (tx) => {
        await tx.query('SELECT pg_advisory_xact_lock($1)', [first])
        await new Promise((resolve) => setTimeout(resolve, 100))
        await tx.query('SELECT pg_advisory_xact_lock($1)', [second])
      })
    const results = await Promise.allSettled([crossed(1, 2), crossed(2, 1)])
    const failed = results.filter((result) => result.status === 'rejected')
    expect(failed).toMatchObject([{ reason: { code: 'conflict' } }])
  })
})

describe('notices', () => {
  it('arrive when their transaction commits, and only then', async () => {
    const heard: (string | null)[] = []
    let wake = () => undefined as void
    const stop = db.listen('news', (payload) => {
      heard.push(payload)
      wake()
    })
    const until = async (count: number) => {
      while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve))
    }
    await until(1)
    await db
      .transaction(async (tx) => {
        await notify(tx, 'news', 'never')
        throw new Error('no')
      })
      .catch(() => undefined)
    await db.transaction((tx) => notify(tx, 'news', 'one'))
    await notify(db, 'news', 'two')
    await until(3)
    expect(heard).toEqual([null, 'one', 'two'])
    // All connections but this query's own; the listener's is among them.
    await db.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    await until(4)
    await notify(db, 'news', 'three')
    await until(5)
    expect(heard.slice(3)).toEqual([null, 'three'])
    stop()
  })
})

describe('a database that goes away', () => {
  it('is a clear error of each query, and nothing has to be started anew when it is back', async () => {
    await using gate = await databaseGate(database.url)
    await using gated = openDb({ url: gate.url })
    const heard: (string | null)[] = []
    gated.listen('news', (payload) => heard.push(payload))
    expect(await gated.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    await gate.shut()
    await expect(gated.query('SELECT 1')).rejects.toMatchObject({ code: 'database_unavailable' })
    await expect(gated.transaction((tx) => tx.query('SELECT 1'))).rejects.toMatchObject({
      code: 'database_unavailable',
    })
    await gate.open()
    expect(await gated.query('SELECT 2 AS two')).toEqual([{ two: 2 }])
    const before = heard.length
    while (heard.length === before) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(heard.at(-1)).toBeNull()
  })
})
