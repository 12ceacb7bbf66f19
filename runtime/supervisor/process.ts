import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'

export const ProcessName = z.enum([
  'postgres',
  'agent',
  'directory',
  'edge',
  'logs',
  'caddy',
  'consul',
  'consul-build',
  'server',
])
export type ProcessName = z.infer<typeof ProcessName>

const Ready = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('socket'), path: z.string() }),
  z.object({ kind: z.literal('tcp'), port: z.number().int() }),
  /** Postgres accepts connections before it serves; its lock file tells when it does. */
  z.object({ kind: z.literal('postgres'), data: z.string() }),
  z.object({ kind: z.literal('none') }),
])
export type Ready = z.infer<typeof Ready>

/** One process of the platform, as data: both ways of supervision take it as it is. */
export const Process = z.object({
  name: ProcessName,
  argv: z.array(z.string()).min(1),
  /** null: root. */
  user: z.string().nullable(),
  /** Capabilities that the unprivileged user keeps, e.g. `net_bind_service`. */
  capabilities: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  /** `once` jobs end by themselves; all others are started again. */
  restart: z.enum(['always', 'once']),
  ready: Ready,
  /** Replaced in this order on an upgrade; stopped in the reverse one. */
  rank: z.number().int(),
  /** A file without which there is nothing to start yet. */
  needs: z.string().nullable(),
  /** Gets the installation's DNS socket as file descriptor 3. */
  dnsSocket: z.boolean(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
  stopSeconds: z.number(),
  nice: z.number().int(),
  /** Ctrl-C ends the control plane; the rest keeps apps and routing up. */
  plane: z.enum(['control', 'data']),
})
export type Process = z.infer<typeof Process>

/** Changes whenever the process would have to be replaced to become what `process` says. */
export function fingerprint(wanted: Process): string {
  const { argv, user, capabilities, env, dnsSocket, nice } = wanted
  return createHash('sha256')
    .update(JSON.stringify([argv, user, capabilities, env, dnsSocket, nice]))
    .digest('hex')
    .slice(0, 16)
}

async function accepts(target: { path: string } | { port: number; host: string }): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(target)
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('connect', () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
}

/** Whether a process serves now. */
export async function isReady(ready: Ready): Promise<boolean> {
  switch (ready.kind) {
    case 'none':
      return true
    case 'socket':
      return await accepts({ path: ready.path })
    case 'tcp':
      return await accepts({ port: ready.port, host: '127.0.0.1' })
    case 'postgres': {
      const lock = await readFile(join(ready.data, 'postmaster.pid'), 'utf8').catch(() => '')
      return lock.split('\n')[7]?.trim() === 'ready'
    }
  }
}
