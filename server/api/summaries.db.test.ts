import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../test/support/api.ts'
import { sealContext } from '../config-vars/read-config.ts'
import { AppId } from '../contract/ids.ts'

let api: TestApi
let token: string
let app: AppId

const ask = async (path: string) => (await api.call('GET', `/api/apps/${path}`, { token })).body

interface NewRelease {
  readonly version: number
  readonly state: string
  readonly commit: string
  readonly types: Record<string, string>
  readonly config: Record<string, string>
  readonly formation?: { type: string; quantity: number; size: string }[]
  readonly collected?: boolean
}

async function addRelease(given: NewRelease): Promise<string> {
  const [build, release] = [randomUUID(), randomUUID()]
  await api.db.query(
    `INSERT INTO builds (id, app_id, state, commit_sha, ref, old_sha, author, stack, subject, artifact, collected_at)
     VALUES ($1, $2, 'succeeded', $3, 'main', '', 'ada', 's', $4, '{}', CASE WHEN $5 THEN now() END)`,
    [build, app, given.commit.repeat(40), `Subject <b>${given.version}</b>`, given.collected ?? false],
  )
  const sealed = Object.entries(given.config).map(([name, value]) => [
    name,
    api.deps.seal.seal(value, sealContext(app, name)).toString('base64'),
  ])
  await api.db.query(
    `INSERT INTO releases (id, app_id, version, state, build_id, kind, description, author, process_types, config, formation)
     VALUES ($1, $2, $3, $4, $5, 'push', 'Deploy', 'ada', $6, $7, $8)`,
    [
      release,
      app,
      given.version,
      given.state,
      build,
      JSON.stringify(given.types),
      JSON.stringify(Object.fromEntries(sealed)),
      JSON.stringify(given.formation ?? []),
    ],
  )
  return release
}

beforeAll(async () => {
  api = await startApi()
  token = (await api.account('ada@example.org')).token
  app = AppId.parse((await api.call('POST', '/api/apps', { token, body: { name: 'shop' } })).body.id)
})
afterAll(() => api[Symbol.asyncDispose]())

describe('before the first release', () => {
  it('an app says that nothing runs and nothing is under way', async () => {
    expect(await ask('shop')).toMatchObject({ instances: { wanted: 0, ready: 0, crashed: 0 }, work: null })
  })

  it('there is nothing to go back from', async () => {
    expect(await ask('shop/releases/1/rollback')).toMatchObject({ id: 'no_release' })
  })
})

describe('with releases', () => {
  let live: string
  beforeAll(async () => {
    const web = 'node web.js'
    const old = {
      types: { web, clock: 'node clock.js' },
      config: { SAME: 'equal', OLD: 'hidden', CHANGED: 'hidden-a' },
    }
    const size = 'standard-1x'
    await addRelease({ version: 1, state: 'superseded', commit: 'a', ...old, collected: true })
    await addRelease({
      version: 2,
      state: 'superseded',
      commit: 'b',
      ...old,
      formation: [{ type: 'web', quantity: 1, size }],
    })
    await addRelease({ version: 3, state: 'failed', commit: 'c', ...old })
    live = await addRelease({
      version: 4,
      state: 'live',
      commit: 'd',
      types: { web: 'node new.js', worker: 'node worker.js' },
      // Sealed anew, so its bytes differ from those of the older release.
      config: { SAME: 'equal', NEW: 'hidden', CHANGED: 'hidden-b' },
    })
    await api.db.query('UPDATE apps SET current_release_id = $2 WHERE id = $1', [app, live])
    await api.db.query(
      `INSERT INTO formations (app_id, type, quantity, size, crashes) VALUES ($1, 'web', 3, $2, 0), ($1, 'worker', 1, $2, 4)`,
      [app, size],
    )
  })

  it('a rollback is told before it is done, by names and never by values', async () => {
    const preview = await ask('shop/releases/v2/rollback')
    expect(preview).toEqual({
      from: 4,
      to: 2,
      refusal: null,
      commit: { from: 'd'.repeat(40), to: 'b'.repeat(40) },
      config_vars: { added: ['OLD'], removed: ['NEW'], changed: ['CHANGED'] },
      process_types: {
        added: { clock: 'node clock.js' },
        removed: { worker: 'node worker.js' },
        changed: { web: { from: 'node new.js', to: 'node web.js' } },
      },
      formation: [{ type: 'web', from: 3, to: 1 }],
    })
    expect(JSON.stringify(preview)).not.toContain('hidden')
  })

  it('says why another one cannot be rolled back to', async () => {
    const refusal = async (version: number) => (await ask(`shop/releases/${version}/rollback`))['refusal']
    expect(await refusal(1)).toContain('no longer kept')
    expect(await refusal(3)).toContain('never went live')
    expect(await refusal(4)).toContain('is the release that serves')
    expect((await ask('shop/releases/9/rollback')).id).toBe('release_not_found')
  })

  it('an app says how much of it runs, and what is under way', async () => {
    const instance = (number: number, kind: string, phase: string, status: string | null) =>
      api.db.query(
        `INSERT INTO instances (id, app_id, release_id, type, number, kind, phase, status) VALUES ($1, $2, $3, 'web', $4, $5, $6, $7)`,
        [randomUUID(), app, live, number, kind, phase, status],
      )
    await instance(1, 'service', 'started', 'ready')
    await instance(2, 'service', 'started', 'starting')
    await instance(3, 'service', 'draining', 'ready')
    await instance(4, 'run', 'started', 'ready')
    await api.db.query(
      `INSERT INTO deployments (id, app_id, kind, state, author, created_at, finished_at) VALUES
        ($1, $4, 'push', 'succeeded', 'ada', now() - interval '3 s', now()),
        ($2, $4, 'rollback', 'running', 'ada', now() - interval '2 s', NULL),
        ($3, $4, 'scale', 'queued', 'ada', now() - interval '1 s', NULL)`,
      [randomUUID(), randomUUID(), randomUUID(), app],
    )
    const expected = { instances: { wanted: 4, ready: 1, crashed: 1 }, work: 'rollback' }
    expect(await ask('shop')).toMatchObject(expected)
    expect((await api.call('GET', '/api/apps', { token })).body).toMatchObject([expected])
    expect(await ask('shop/deployments')).toMatchObject([
      { kind: 'scale', state: 'queued' },
      { kind: 'rollback', state: 'running' },
      { kind: 'push', state: 'succeeded' },
    ])
  })
})
