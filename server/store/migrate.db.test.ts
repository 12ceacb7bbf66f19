import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { withDatabase } from '../../test/support/postgres.ts'
import { openDb } from './db.ts'
import { checkMigrations, migrate, parseHeader, readMigrations } from './migrate.ts'

const folder = fileURLToPath(new URL('../../migrations', import.meta.url))

// Held open, so that the tests share one cluster.
let held: Awaited<ReturnType<typeof withDatabase>>
beforeAll(async () => {
  held = await withDatabase()
})
afterAll(() => held.close())

let database: Awaited<ReturnType<typeof withDatabase>>
let copy: string
beforeEach(async () => {
  database = await withDatabase()
  copy = await mkdtemp(join(tmpdir(), 'skypanel-migrations-'))
  await cp(folder, copy, { recursive: true })
})
afterEach(async () => {
  await database.close()
  await rm(copy, { recursive: true })
})

/** Tables, columns, indexes, triggers, functions and constraints, as one text. */
async function shape(url: string): Promise<string[]> {
  await using db = openDb({ url })
  const rows = await db.query<{ line: string }>(`
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || coalesce(' ' || column_default, '') AS line
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace
    ORDER BY 1`)
  return rows.map(({ line }) => line)
}

async function fill(url: string) {
  await using db = openDb({ url })
  await db.query(`
    WITH account AS (INSERT INTO accounts (id, email) VALUES (gen_random_uuid(), 'ada@example.org') RETURNING id),
         team AS (INSERT INTO teams (id, name) VALUES (gen_random_uuid(), 'ada') RETURNING id),
         member AS (INSERT INTO memberships (team_id, account_id, role) SELECT team.id, account.id, 'admin' FROM team, account),
         app AS (INSERT INTO apps (id, name, team_id, stack) SELECT gen_random_uuid(), 'shop', team.id, 'skypanel-13' FROM team RETURNING id),
         vars AS (INSERT INTO env_vars (app_id, name, sealed) SELECT app.id, 'A', '\\x00'::bytea FROM app),
         host AS (INSERT INTO domains (hostname, app_id) SELECT 'shop.example.org', app.id FROM app)
    INSERT INTO audit (actor_id, actor, action, app_id, target) SELECT account.id, 'ada@example.org', 'app.create', app.id, 'shop' FROM account, app`)
}

describe('migrations', () => {
  it('go up, down and up again on a database with data, one by one, and leave the same schema', async () => {
    const names = (await readMigrations(folder)).map(({ name }) => name)
    expect(await migrate({ url: database.url, folder })).toEqual(names)
    const first = await shape(database.url)
    await fill(database.url)
    for (const name of names.toReversed()) {
      expect(await migrate({ url: database.url, folder, direction: 'down' })).toEqual([name])
    }
    expect((await shape(database.url)).filter((line) => !/migration/.test(line))).toEqual([])
    expect(await migrate({ url: database.url, folder })).toEqual(names)
    expect(await shape(database.url)).toEqual(first)
    expect(await migrate({ url: database.url, folder })).toEqual([])
  })

  it('keep the data of earlier migrations when a later one goes down', async () => {
    const names = (await readMigrations(folder)).map(({ name }) => name)
    await migrate({ url: database.url, folder })
    await fill(database.url)
    await migrate({ url: database.url, folder, direction: 'down', count: names.length - 1 })
    await migrate({ url: database.url, folder })
    await using db = openDb({ url: database.url })
    expect(await db.query('SELECT name FROM apps')).toEqual([{ name: 'shop' }])
    expect(await db.query('SELECT audit_broken_at() AS at')).toEqual([{ at: null }])
  })

  it('may be asked for by two processes at once', async () => {
    const [a, b] = await Promise.all([
      migrate({ url: database.url, folder }),
      migrate({ url: database.url, folder }),
    ])
    expect([...a, ...b].length).toBe((await readMigrations(folder)).length)
  })

  it('that fail leave nothing of themselves', async () => {
    await writeFile(
      join(copy, '9000_wrong.sql'),
      '-- breaking: no\n-- Up Migration\nCREATE TABLE half (id int);\nSELECT 1/0;\n-- Down Migration\nDROP TABLE half;\n',
    )
    await expect(migrate({ url: database.url, folder: copy })).rejects.toThrow(/division by zero/)
    await checkMigrations(database.url, folder)
    await using db = openDb({ url: database.url })
    expect(await db.query(`SELECT to_regclass('half') AS half`)).toEqual([{ half: null }])
  })

  it('that a server does not know keep it from starting only if they are breaking', async () => {
    const later = async (name: string, breaking: string) => {
      await writeFile(
        join(copy, `${name}.sql`),
        `-- breaking: ${breaking}\n-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 1;\n`,
      )
      await migrate({ url: database.url, folder: copy })
    }
    await later('9000_more', 'no')
    await checkMigrations(database.url, folder)
    await later('9001_other', 'yes')
    await expect(checkMigrations(database.url, folder)).rejects.toThrow(/newer version \(9001_other\)/)
    await expect(migrate({ url: database.url, folder })).rejects.toThrow(/newer version \(9001_other\)/)
  })

  it('that are missing keep a server from starting and say what to do', async () => {
    await expect(checkMigrations(database.url, folder)).rejects.toThrow(/lacks 0001_.*migrate/)
  })

  it('say whether they are breaking', async () => {
    expect(() => parseHeader('x', 'CREATE TABLE a ()')).toThrow(/breaking/)
    expect(
      (await readFile(join(folder, '0001_accounts_and_apps.sql'), 'utf8')).startsWith('-- breaking: yes\n'),
    ).toBe(true)
  })
})
