import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { DirectoryState } from '../contract/directory.ts'
import { agentVerbs } from '../contract/nodes.ts'
import type { PlatformStatus } from '../contract/platform.ts'
import { askUnix } from '../ipc/unix-request.ts'

export interface Status {
  /** Whether the database answers. Errors: database_unavailable. */
  health(): Promise<{ ok: boolean; version: string }>
  read(): Promise<PlatformStatus>
}

/** Written by the process that finds or compiles Consul. */
const ConsulBuild = z.object({
  state: z.string(),
  percent: z.number().nullish(),
  message: z.string().nullish(),
})

/** A process that takes longer than this to say how it is, is not well. */
const PATIENCE_MS = 2_000

type Component = PlatformStatus['components'][number]

/** Asks every process how it is; one that does not answer is part of the answer. */
export function createStatus(ctx: Pick<Context, 'config' | 'db'>): Status {
  const { config, db } = ctx
  const { paths } = config
  return {
    async health() {
      await db.query('SELECT 1')
      return { ok: true, version: config.version }
    },
    async read() {
      const [database, agent, directory, logs, consul] = await Promise.all([
        component('database', async () => {
          const [row] = await db.query<{ version: string }>(
            "SELECT current_setting('server_version') AS version",
          )
          return `PostgreSQL ${row?.version ?? 'of an unknown version'}`
        }),
        component('agent', async () => {
          const reply = await askUnix({
            socket: paths.agentSocket,
            method: 'POST',
            path: '/v1/hello',
            body: {},
            timeout: PATIENCE_MS,
          })
          const hello = agentVerbs.hello.reply.parse(reply)
          // The node's own choice; what it could run besides is nobody's trouble.
          const [preferred] = hello.drivers
          if (preferred?.ok !== true)
            throw new Error(`${preferred?.name ?? 'no driver'}: ${preferred?.detail ?? 'the node has none'}`)
          const fit = hello.drivers.filter(({ ok }) => ok).map(({ name }) => name)
          return `protocol ${hello.protocol}, ${fit.join(', ')}, stack ${hello.stack ?? 'not ready'}`
        }),
        directoryState(paths.directorySocket),
        component('logs', async () => {
          // Any answer will do: it is there and reads.
          await askUnix({
            socket: paths.logsSocket,
            method: 'GET',
            path: '/state',
            timeout: PATIENCE_MS,
          }).catch((error: unknown) => {
            if (!(error instanceof Error && 'status' in error && error.status === 404)) throw error
          })
          return 'answers'
        }),
        consulState(join(paths.consul, 'build.json'), config.registry),
      ])
      return {
        version: config.version,
        installation: config.installation,
        registry: { active: directory.registry, consul },
        components: [
          { name: 'server', ok: true, detail: config.version },
          database,
          agent,
          directory.component,
          logs,
        ],
      }
    },
  }
}

async function component(name: string, ask: () => Promise<string>): Promise<Component> {
  try {
    return { name, ok: true, detail: await ask() }
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : 'does not answer' }
  }
}

async function directoryState(
  socket: string,
): Promise<{ component: Component; registry: 'consul' | 'embedded' }> {
  let registry: 'consul' | 'embedded' = 'embedded'
  const answered = await component('directory', async () => {
    const state = DirectoryState.parse(
      await askUnix({ socket, method: 'GET', path: '/state', timeout: PATIENCE_MS }),
    )
    registry = state.registry
    return `${state.hosts} hosts, ${state.instances.length} instances, registry ${state.registry}`
  })
  return { component: answered, registry }
}

/** In a sentence, also while there is no Consul. */
async function consulState(file: string, wanted: 'auto' | 'embedded'): Promise<string> {
  if (wanted === 'embedded') return 'not used (SKYPANEL_REGISTRY=embedded)'
  try {
    const { state, percent, message } = ConsulBuild.parse(JSON.parse(await readFile(file, 'utf8')))
    return [state, percent === undefined || percent === null ? null : `${percent} %`, message]
      .filter(Boolean)
      .join(', ')
  } catch {
    return 'not looked for yet'
  }
}
