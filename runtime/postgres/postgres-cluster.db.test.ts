import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { withDatabase } from '../../test/support/postgres.ts'

const opened: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const database of opened) await database.close()
})

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

test('each test gets a database of its own', async () => {
  const [one, two] = [await withDatabase(), await withDatabase()]
  opened.push(one, two)
  await query(one.url, 'CREATE TABLE only_here (id int)')
  expect(await query(two.url, "SELECT to_regclass('only_here') AS found")).toEqual([{ found: null }])
})

test('a template is prepared once and cloned', async () => {
  let prepared = 0
  const template = {
    key: 'numbers',
    prepare: async (url: string) => {
      prepared += 1
      await query(url, 'CREATE TABLE numbers AS SELECT 42 AS n')
    },
  }
  for (let i = 0; i < 2; i++) {
    const database = await withDatabase(template)
    opened.push(database)
    expect(await query(database.url, 'SELECT n FROM numbers')).toEqual([{ n: 42 }])
  }
  expect(prepared).toBe(1)
})
