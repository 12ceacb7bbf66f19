import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { chown } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  accepts,
  ensureCluster,
  postgresArgv,
  sql,
  type ClusterSpec,
} from '../../runtime/postgres/postgres-cluster.ts'

export interface TestCluster {
  readonly spec: ClusterSpec
  /** A connection URL for a database of this cluster. */
  url(database: string): string
  stop(): Promise<void>
}

/** The numeric ids of an unprivileged system user. */
function unprivileged(): ClusterSpec['owner'] {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || NaN),
    )
    if (uid !== undefined && gid !== undefined && uid > 0) return { name, uid, gid }
  }
  throw new Error('neither the user postgres nor nobody exists')
}

/** A throw-away cluster in a temporary folder; tests run as root, the cluster does not. */
export async function startTestCluster(): Promise<TestCluster> {
  const owner = unprivileged()
  const top = mkdtempSync(join(tmpdir(), `skypanel-pg-${process.pid}-`))
  const socketFolder = join(top, 's')
  mkdirSync(socketFolder)
  await Promise.all([chown(top, owner.uid, owner.gid), chown(socketFolder, owner.uid, owner.gid)])
  const spec: ClusterSpec = {
    folder: join(top, 'c'),
    socketFolder,
    owner,
    clients: [],
    roles: [],
    durable: false,
  }
  await ensureCluster(spec)
  const [program = '', ...args] = await postgresArgv(spec)
  const child: ChildProcess = spawn(
    'setpriv',
    [
      `--reuid=${owner.uid}`,
      `--regid=${owner.gid}`,
      '--clear-groups',
      '--pdeathsig=INT',
      '--',
      program,
      ...args,
    ],
    {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let complaint = ''
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-2000)))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGINT')
    await ended
    rmSync(top, { recursive: true, force: true })
  }
  const deadline = Date.now() + 30_000
  // A socket that accepts is not yet a database that answers: it may still be starting up.
  const answers = async () =>
    (await accepts(socketFolder)) &&
    (await sql(spec, 'SELECT 1').then(
      () => true,
      () => false,
    ))
  while (!(await answers())) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`the test database does not start: ${complaint}`)
    await sleep(20)
  }
  return {
    spec,
    stop,
    url: (database) => `postgresql://postgres@/${database}?host=${encodeURIComponent(socketFolder)}`,
  }
}

let shared: Promise<TestCluster> | null = null
let users = 0

/**
 * An empty database of its own on a cluster that the test file shares. `prepare` runs once per key on a template
 * (migrations, say), which each further database of that key clones.
 *
 *     const { url, close } = await withDatabase()
 */
export async function withDatabase(template?: {
  readonly key: string
  readonly prepare: (url: string) => Promise<void>
}): Promise<{ readonly url: string; readonly name: string; close(): Promise<void> }> {
  shared ??= startTestCluster()
  users += 1
  const cluster = await shared
  const name = `t_${randomBytes(6).toString('hex')}`
  const source = template === undefined ? 'template1' : await ensureTemplate(cluster, template)
  await sql(cluster.spec, `CREATE DATABASE ${name} TEMPLATE ${source}`)
  let open = true
  return {
    url: cluster.url(name),
    name,
    async close() {
      if (!open) return
      open = false
      await sql(cluster.spec, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      users -= 1
      if (users > 0) return
      shared = null
      templates.clear()
      await cluster.stop()
    },
  }
}

const templates = new Map<string, Promise<string>>()

async function ensureTemplate(
  cluster: TestCluster,
  template: { readonly key: string; readonly prepare: (url: string) => Promise<void> },
) {
  const made = templates.get(template.key)
  if (made !== undefined) return await made
  const making = (async () => {
    const name = `template_${randomBytes(4).toString('hex')}`
    await sql(cluster.spec, `CREATE DATABASE ${name}`)
    await template.prepare(cluster.url(name))
    return name
  })()
  templates.set(template.key, making)
  return await making
}
