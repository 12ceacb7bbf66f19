import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { kernelNames } from '../../runtime/installation.ts'
import type { Inside } from './installation.ts'

const Services = z.array(z.object({ Service: z.object({ ID: z.string() }) }))

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

/**
 * What is on the machine for this installation and belongs to no instance, build or app of its database: processes,
 * mounts, network namespaces, links, control groups, folders, store roots, entries of the registry, rows. For a
 * platform at rest; empty when nothing is left over.
 */
export async function leftovers(inside: Inside): Promise<string[]> {
  const { installation, at, db } = inside
  const names = kernelNames(installation.id)
  const { findings } = await inside.agent().audit()
  const { instances } = await inside.agent().observe()
  const known = new Set(instances.map(({ id }) => id as string))
  const alive = instances.filter(({ state }) => state.status !== 'exited').map(({ id }) => id as string)
  const routed = instances.filter(
    ({ type, kind, state }) => type === 'web' && kind === 'service' && state.status === 'ready',
  )
  const rows = await db.query<{ id: string }>(`SELECT id FROM instances WHERE phase <> 'ended'`)
  const apps = (await db.query<{ id: string }>('SELECT id FROM apps')).map(({ id }) => id)
  const builds = (await db.query<{ id: string }>('SELECT id FROM builds')).map(({ id }) => id)

  const groups = [...(await inside.processes('i')), ...(await inside.processes('b'))]
  const mounts = [await readFile('/proc/self/mountinfo', 'utf8')]
  mounts.push(await readFile(`/proc/${await inside.pid('agent')}/mountinfo`, 'utf8'))
  const mounted = mounts.flatMap((text) =>
    [...text.matchAll(new RegExp(`${at.home}/(instances|builds)/([^/ ]+)`, 'g'))].map(([, , id]) => id ?? ''),
  )
  const links = (await namesIn('/sys/class/net')).filter((name) => name.startsWith(`${names.bridge}i`))
  const cellLinks = (await namesIn('/sys/class/net')).filter((name) => name.startsWith(`${names.bridge}b`))
  const spaces = (await namesIn('/run/netns')).filter((name) =>
    name.startsWith(`skypanel-${installation.id}-`),
  )
  // A log that was stored goes with the agent's next round.
  const stored = await namesIn(join(at.logs, 'read'))
  const roots = join(at.nix, 'var/nix/gcroots')

  return [
    ...findings,
    ...beyond(
      'process in the group',
      groups.map(({ group }) => group),
      alive.map((id) => `i-${id}`),
    ),
    ...beyond('mount of', mounted, [...known]),
    ...beyond('folder of the instance', await namesIn(at.instances), [...known, ...stored]),
    ...(links.length > alive.length ? [`${links.length} links for ${alive.length} instances`] : []),
    ...cellLinks.map((name) => `link of a build: ${name}`),
    ...(spaces.length > alive.length ? [`${spaces.length} namespaces for ${alive.length} instances`] : []),
    ...beyond('store root of the build', await namesIn(join(roots, 'skypanel')), builds),
    ...beyond('cache of the app', await namesIn(join(roots, 'skypanel-cache')), apps),
    ...beyond('folder of the build', await namesIn(at.builds), builds),
    ...beyond(
      'repository',
      await namesIn(at.git),
      apps.flatMap((id) => [`${id}.git`, `${id}.sources.git`]).concat('hooks'),
    ),
    ...beyond(
      'entry of the registry',
      await registered(inside),
      routed.map(({ id }) => id),
    ),
    ...beyond(
      'row of the instance',
      rows.map(({ id }) => id),
      [...known],
    ),
    ...beyond(
      'instance without a row',
      alive,
      rows.map(({ id }) => id),
    ),
    ...(await orphanRows(inside)),
  ]
}

const beyond = (what: string, found: readonly string[], known: readonly string[]) =>
  [...new Set(found)].filter((name) => !known.includes(name)).map((name) => `${what} ${name}`)

/** The instances that Consul knows, where it runs. */
async function registered(inside: Inside): Promise<string[]> {
  if (!(await inside.running()).includes('consul')) return []
  const { installation } = inside
  const reply = await fetch(
    `http://127.0.0.1:${installation.ports.consulHttp}/v1/health/service/skypanel-${installation.id}`,
  )
  return Services.parse(await reply.json()).map(({ Service }) => Service.ID)
}

/** Rows of apps that are gone, and work that nobody does. The audit trail outlives what it tells of. */
async function orphanRows({ db }: Inside): Promise<string[]> {
  const tables = await db.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'app_id' AND table_name NOT LIKE 'audit%'`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await db.query(
      `SELECT 1 FROM "${name}" WHERE app_id IS NOT NULL AND app_id NOT IN (SELECT id FROM apps)`,
    )
    if (rows.length > 0) found.push(`${rows.length} rows in ${name} of apps that are gone`)
  }
  const open = await db.query<{ what: string }>(
    `SELECT 'deployment ' || id AS what FROM deployments WHERE state IN ('queued', 'running')
     UNION ALL SELECT 'job ' || id FROM jobs WHERE state <> 'done' AND kind <> 'collect'
     UNION ALL SELECT 'build ' || id FROM builds WHERE state IN ('pending', 'running')`,
  )
  return [...found, ...open.map(({ what }) => `open ${what}`)]
}
