import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { HostTable, InstanceTable, NetworkTable } from '../../server/contract/directory.ts'
import { nothingTold, type Told } from './tables.ts'

const Nodes = z.object({ complete: z.literal(true), nodes: z.array(InstanceTable) })
const Networks = z.object({ complete: z.literal(true), nodes: z.array(NetworkTable) })

/**
 * The documents on disk: `hosts.json`, `instances.json` and `networks.json`, each replaced by a rename, so that a reader finds the
 * old or the new one whole. What cannot be read counts as absent and is told to `complain`.
 */
export async function loadTold(folder: string, complain: (message: string) => void): Promise<Told> {
  const hosts = await loadDocument(join(folder, 'hosts.json'), HostTable, complain)
  const nodes = await loadDocument(join(folder, 'instances.json'), Nodes, complain)
  const networks = await loadDocument(join(folder, 'networks.json'), Networks, complain)
  return {
    ...nothingTold,
    hosts,
    nodes: new Map((nodes?.nodes ?? []).map((table) => [table.node, table])),
    networks: new Map((networks?.nodes ?? []).map((table) => [table.node, table])),
  }
}

async function loadDocument<T>(
  path: string,
  schema: z.ZodType<T>,
  complain: (message: string) => void,
): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      complain(
        `${path} is not a complete document and is left out until its sender tells it again: ${String(error)}`,
      )
    }
    return null
  }
}

export async function saveHosts(folder: string, told: Told): Promise<void> {
  if (told.hosts !== null) await replaceFile(folder, 'hosts.json', told.hosts)
}

export async function saveInstances(folder: string, told: Told): Promise<void> {
  await replaceFile(folder, 'instances.json', { complete: true, nodes: [...told.nodes.values()] })
}

export async function saveNetworks(folder: string, told: Told): Promise<void> {
  await replaceFile(folder, 'networks.json', { complete: true, nodes: [...told.networks.values()] })
}

async function replaceFile(folder: string, name: string, document: unknown): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const part = join(folder, `${name}.part`)
  const file = await open(part, 'w', 0o640)
  try {
    await file.writeFile(JSON.stringify(document))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(part, join(folder, name))
}

/**
 * Runs `save` for the newest state, one at a time: a save that is asked for while one runs comes after it, and several
 * of them become one. The returned function resolves when what was true at its call is on disk.
 */
export function latestOnly(save: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  return () => {
    if (running === null) {
      running = save().finally(() => {
        running = null
      })
      return running
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null
        running = save().finally(() => {
          running = null
        })
        return running
      })
    return next
  }
}
