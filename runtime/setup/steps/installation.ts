import { randomBytes, randomInt } from 'node:crypto'
import { access, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { LXC } from '../../command/lxc.ts'
import { NSPAWN } from '../../command/nspawn.ts'
import { run } from '../../exec.ts'
import { Installation } from '../../installation.ts'
import { isFree } from '../busy-port.ts'
import { checkPorts } from '../check-ports.ts'
import { freeRange } from '../free-range.ts'
import { withHostLock } from '../host-lock.ts'
import type { Options } from '../options.ts'
import type { Step } from '../plan.ts'
import type { SetupContext } from '../setup-context.ts'
import { writeWhole } from '../stamp.ts'

/** What every installation on this machine has taken, one file each: `/var/lib/skypanel-host/installations/<id>`. */
export const CLAIMS = '/var/lib/skypanel-host/installations'
const Claim = z.object({ home: z.string(), range: z.string(), ports: z.array(z.number()) })
export type Claim = z.infer<typeof Claim> & { readonly id: string }

export async function readClaims(folder = CLAIMS): Promise<Claim[]> {
  const ids = (await readdir(folder).catch(() => [])).filter((name) => /^[0-9a-f]{4}$/.test(name))
  return await Promise.all(
    ids.map(async (id) => ({ id, ...Claim.parse(JSON.parse(await readFile(join(folder, id), 'utf8'))) })),
  )
}

export async function dropClaim(id: string): Promise<void> {
  await rm(join(CLAIMS, id), { force: true })
}

const Routes = z.array(z.object({ dst: z.string().optional() }).loose())
const Addresses = z.array(
  z
    .object({ addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number() }).loose()).optional() })
    .loose(),
)

/** Everything that the machine reaches in private space: routes, its addresses, its resolvers. */
async function usedRanges(): Promise<string[]> {
  const routes = Routes.parse(JSON.parse(await run(['ip', '-j', '-4', 'route', 'show', 'table', 'all'])))
  const links = Addresses.parse(JSON.parse(await run(['ip', '-j', '-4', 'addr', 'show'])))
  const resolvers = (await readFile('/etc/resolv.conf', 'utf8').catch(() => '')).matchAll(
    /^nameserver\s+(\S+)/gm,
  )
  return [
    ...routes.map(({ dst }) => dst ?? ''),
    ...links.flatMap(({ addr_info: list }) =>
      (list ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ),
    ...[...resolvers].map(([, address]) => address ?? ''),
  ]
}

async function freePort(taken: Set<number>): Promise<number> {
  for (let i = 0; i < 500; i++) {
    const port = 20_000 + randomInt(10_000)
    if (taken.has(port) || !(await isFree(port))) continue
    taken.add(port)
    return port
  }
  throw new Error('No port between 20000 and 29999 is free on this machine')
}

async function claim(options: Options): Promise<Installation> {
  const claims = await readClaims()
  // A run that was killed between claim and file comes back to what it took.
  const earlier = claims.find(({ home }) => home === options.home)
  const others = claims.filter(({ home }) => home !== options.home)
  const id = earlier?.id ?? freshId(new Set(others.map((other) => other.id)))
  const range =
    earlier?.range ??
    freeRange([...(await usedRanges()), ...others.map((other) => other.range)], Number.parseInt(id, 16))
  if (range === null)
    throw new Error('No /18 of 10.160.0.0/10 is free on this machine: its routes cover all of it')
  const taken = new Set(others.flatMap(({ ports }) => ports))
  const port = async () => await freePort(taken)
  const made: Installation = {
    version: 1,
    id,
    home: options.home,
    range,
    domain: options.domain,
    ports: {
      panel: options.panelPort ?? 8800,
      http: options.httpPort ?? (options.domain === null ? 8080 : 80),
      https: options.httpsPort ?? (options.domain === null ? 8443 : 443),
      dns: await port(),
      directory: await port(),
      edge: await port(),
      consulHttp: await port(),
      consulRpc: await port(),
      consulSerf: await port(),
    },
    database:
      options.databaseUrl === null ? { kind: 'private' } : { kind: 'external', url: options.databaseUrl },
    driver: options.driver ?? (existsSync(LXC) && !existsSync(NSPAWN) ? 'lxc' : 'nspawn'),
    registry: options.registry ?? 'auto',
    allowUnlimited: options.allowUnlimited,
    supervision: (await hasSystemd()) ? 'systemd' : 'direct',
  }
  await mkdir(CLAIMS, { recursive: true })
  await writeWhole(
    join(CLAIMS, id),
    `${JSON.stringify({ home: made.home, range, ports: Object.values(made.ports) })}\n`,
  )
  return made
}

function freshId(taken: ReadonlySet<string>): string {
  for (;;) {
    const id = randomBytes(2).toString('hex')
    if (!taken.has(id)) return id
  }
}

/** Whether systemd is PID 1. */
export async function hasSystemd(): Promise<boolean> {
  return await access('/run/systemd/system').then(
    () => true,
    () => false,
  )
}

/** What was stored, with what this call says otherwise. Pure. */
export function withOptions(stored: Installation, options: Options): Installation {
  const domain = options.domain ?? stored.domain
  return {
    ...stored,
    domain,
    ports: {
      ...stored.ports,
      panel: options.panelPort ?? stored.ports.panel,
      http: options.httpPort ?? (domain !== stored.domain ? 80 : stored.ports.http),
      https: options.httpsPort ?? (domain !== stored.domain ? 443 : stored.ports.https),
    },
    database: options.databaseUrl === null ? stored.database : { kind: 'external', url: options.databaseUrl },
    driver: options.driver ?? stored.driver,
    registry: options.registry ?? stored.registry,
    allowUnlimited: options.allowUnlimited || stored.allowUnlimited,
  }
}

/** Id, address range and ports: claimed once under a lock of the whole machine, so that two installations never meet. */
export const installation: Step<SetupContext> = {
  name: 'installation',
  after: ['packages'],
  needed: ({ installation: stored, options }) =>
    Promise.resolve(
      stored === null || JSON.stringify(withOptions(stored, options)) !== JSON.stringify(stored),
    ),
  async apply(context, say) {
    const { options, at } = context
    const made = await withHostLock(
      'installations',
      () => say('another installation is being made'),
      async () => {
        const found =
          context.installation === null ? await claim(options) : withOptions(context.installation, options)
        // The database's URL may hold a password: root writes, only the platform's own group may read (see folders).
        await writeWhole(
          at.installation,
          `${JSON.stringify(found, null, 2)}\n`,
          found.database.kind === 'external' ? 0o600 : 0o644,
        )
        return Installation.parse(found)
      },
    )
    context.installation = made
    // Told now, not after all that has to be downloaded first; what begins later is checked again.
    await checkPorts(context, new Set())
  },
}
