import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consulArgv, consulConfig, consulEnv } from '../../runtime/command/consul-config.ts'
import { buildConsul } from '../../runtime/consul/build.ts'
import { consulPlaces } from '../../runtime/consul/config.ts'
import { findConsul } from '../../runtime/consul/find.ts'
import { consulRegistry } from '../../runtime/registry/consul.ts'
import { eventually } from './registry-suite.ts'

/** The machine's Consul; compiled into the machine's cache where there is none, which takes about 5 min once. */
export async function consulProgram(): Promise<string> {
  const places = consulPlaces(null)
  const found = await findConsul(places)
  if (found !== null) return found.path
  const env = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return await buildConsul({ caches: places.caches, env: Object.fromEntries(env), tell: () => undefined })
}
export const CONSUL_PATIENCE_MS = 1_500_000

/** A real Consul of the test's own, configured as the platform configures it. */
export async function realConsul(ports: { http: number; rpc: number; serf: number }, installation = 'ab12') {
  const program = await consulProgram()
  const folder = mkdtempSync(join(tmpdir(), 'skypanel-consul-'))
  const numbers = { panel: 1, http: 1, https: 1, dns: 1, directory: 1, edge: 1 }
  const config = consulConfig(
    {
      id: installation,
      ports: { ...numbers, consulHttp: ports.http, consulRpc: ports.rpc, consulSerf: ports.serf },
    },
    join(folder, 'data'),
  )
  const file = join(folder, 'consul.json')
  writeFileSync(file, JSON.stringify(config))
  const registry = consulRegistry({ installation, port: ports.http })
  let child: ChildProcess | null = null
  async function stop(signal: NodeJS.Signals = 'SIGKILL') {
    if (child === null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    child = null
  }
  async function start() {
    const [executable = '', ...args] = consulArgv(program, file)
    child = spawn(executable, args, { env: { ...consulEnv, PATH: process.env['PATH'] }, stdio: 'ignore' })
    await eventually(
      () => registry.ping(),
      ({ ok }) => ok,
    )
  }
  await start().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    registry,
    port: ports.http,
    start,
    stop,
    wipe: () => rmSync(join(folder, 'data'), { recursive: true, force: true }),
    async close() {
      await stop()
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
    },
  }
}
