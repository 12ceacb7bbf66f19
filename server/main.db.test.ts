import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, compiled } from '../test/support/compiled.ts'
import { withDatabase } from '../test/support/postgres.ts'

const run = promisify(execFile)
const repo = fileURLToPath(new URL('..', import.meta.url))

let database: Awaited<ReturnType<typeof withDatabase>>
let home: string
let port: number
beforeAll(async () => {
  compile()
  database = await withDatabase()
  home = await mkdtemp(join(tmpdir(), 'skypanel-home-'))
  port = await freePort()
  await mkdir(join(home, 'keys'))
  await writeFile(join(home, 'keys', 'master.key'), randomBytes(32), { mode: 0o400 })
  await writeFile(
    join(home, 'installation.json'),
    JSON.stringify({
      id: 'ab12',
      domain: null,
      ports: { panel: port, http: 1, https: 2, directory: 3 },
      database: { kind: 'external', url: database.url },
      driver: 'fake',
      registry: 'embedded',
    }),
  )
})
afterAll(async () => {
  await database.close()
  await rm(home, { recursive: true, force: true })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const argv = (...verb: string[]) => [compiled('server/main.ts'), ...verb, '--home', home]
const verb = async (...words: string[]) =>
  JSON.parse((await run(process.execPath, argv(...words), { cwd: repo })).stdout) as Record<string, string>

function serve(): ChildProcess {
  return spawn(process.execPath, argv('serve'), {
    cwd: repo,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SKYPANEL_LOG_LEVEL: 'info' },
  })
}

/** Resolves with its log once it serves; rejects with what it said when it ends before. */
async function serving(child: ChildProcess): Promise<void> {
  let text = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (data: Buffer) => {
      text += data.toString()
      if (text.includes('"msg":"serving"')) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
}

const get = async (path: string, token: string) =>
  (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { Authorization: `Bearer ${token}` } })).json()

describe('the server', () => {
  it('says what is missing before the database was migrated', async () => {
    await expect(run(process.execPath, argv('serve'), { cwd: repo })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/lacks 0001_/),
    })
  })

  it('migrates, makes an admin, serves, takes over after a SIGKILL, and ends on SIGTERM', async () => {
    const files = (await readdir(join(repo, 'migrations'))).filter((name) => name.endsWith('.sql'))
    expect((await verb('migrate'))['applied']).toHaveLength(files.length)
    expect((await verb('migrate'))['applied']).toHaveLength(0)
    const admin = await verb('admin', '--email', 'root@example.org')
    const token = admin['token'] ?? ''
    expect(await verb('admin-link', '--email', 'ROOT@example.org')).toMatchObject({
      code: expect.stringMatching(/^skl_/),
    })
    const first = serve()
    await serving(first)
    expect(await get('/api/account', token)).toMatchObject({
      email: 'root@example.org',
      platform_admin: true,
    })
    const created = await fetch(`http://127.0.0.1:${port}/api/apps`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: '{"name":"shop"}',
    })
    expect(created.status).toBe(201)
    // What the doctor compares with the machine.
    expect(await verb('facts')).toMatchObject({
      hosts: { 'shop.skypanel.localhost': { name: 'shop', maintenance: false } },
      builds: { kept: [], working: [] },
      volumes: [],
    })
    const refs = (auth: string) =>
      fetch(`http://127.0.0.1:${port}/git/shop.git/info/refs?service=git-receive-pack`, {
        headers: { Authorization: auth },
      })
    expect((await refs('')).status).toBe(401)
    expect((await refs(`Basic ${Buffer.from(`git:${token}`).toString('base64')}`)).status).toBe(200)
    first.kill('SIGKILL')
    await once(first, 'exit')

    const second = serve()
    await serving(second)
    expect(await get('/api/apps/shop', token)).toMatchObject({ name: 'shop' })
    second.kill('SIGTERM')
    expect(await once(second, 'exit')).toEqual([0, null])
  })

  it('does not start with a key that others can read, or without knowing what to do', async () => {
    await chmod(join(home, 'keys', 'master.key'), 0o644)
    await expect(run(process.execPath, argv('serve'), { cwd: repo })).rejects.toMatchObject({
      stderr: expect.stringMatching(/chmod 400/),
    })
    await expect(run(process.execPath, argv(), { cwd: repo })).rejects.toMatchObject({
      stderr: expect.stringMatching(/^Usage/),
    })
    await expect(run(process.execPath, argv('admin'), { cwd: repo })).rejects.toMatchObject({
      stderr: expect.stringMatching(/--email/),
    })
  })
})
