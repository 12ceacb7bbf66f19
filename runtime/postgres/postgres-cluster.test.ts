import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { accessRules, postgresBin, settings } from './postgres-cluster.ts'

const owner = { name: 'sp-pg', uid: 900, gid: 900 }

test('only mapped system users get in, each as its own role', () => {
  const { hba, ident } = accessRules({ owner, clients: [{ system: 'skypanel-ab12', role: 'skypanel' }] })
  expect(hba).toBe('local all all peer map=skypanel\n')
  expect(ident).toBe('skypanel sp-pg postgres\nskypanel root postgres\nskypanel skypanel-ab12 skypanel\n')
})

test('the cluster listens on no network address', () => {
  expect(settings({ socketFolder: '/h/run/postgres', durable: true })).toContain("listen_addresses = ''\n")
})

test('a durable cluster never runs without fsync', () => {
  expect(settings({ socketFolder: '/h', durable: true })).not.toContain('fsync')
  expect(settings({ socketFolder: '/h', durable: false })).toContain('fsync = off')
})

test('takes the newest PostgreSQL and says what to install when all are too old', async () => {
  const root = await mkdtemp(join(tmpdir(), 'pg-'))
  try {
    await mkdir(join(root, '14'))
    await expect(postgresBin(root)).rejects.toThrow('apt-get install postgresql')
    await Promise.all(['15', '17'].map((version) => mkdir(join(root, version))))
    expect(await postgresBin(root)).toBe(join(root, '17', 'bin'))
  } finally {
    await rm(root, { recursive: true })
  }
})
