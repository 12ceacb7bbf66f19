import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { run } from '../../runtime/exec.ts'
import { kernelNames, users, type Installation } from '../../runtime/installation.ts'
import { parseOptions } from '../../runtime/setup/options.ts'
import { known, loadContext, readInstallation } from '../../runtime/setup/setup-context.ts'
import { dropClaim, installation, readClaims, type Claim } from '../../runtime/setup/steps/installation.ts'
import { Inside } from '../support/installation.ts'
import { TestPlatform } from '../support/platform.ts'

let platform: TestPlatform
let inside: Inside
beforeAll(async () => {
  platform = await TestPlatform.load()
  inside = await Inside.of(platform.facts.home)
})
afterAll(async () => {
  await inside[Symbol.asyncDispose]()
  await platform[Symbol.asyncDispose]()
})

/** What two installations on one machine must not share; the ports that people name may be those of a stopped one. */
const identity = ({ id, home, range, ports }: Claim) => [
  id,
  home,
  range,
  ...ports.slice(NAMED_PORTS).map(String),
]
const NAMED_PORTS = 3

function expectApart(claims: readonly Claim[]): void {
  const all = claims.flatMap(identity)
  expect(all.filter((one, at) => all.indexOf(one) !== at)).toEqual([])
}

it('what this installation has taken is noted, and shared with no other on this machine', async () => {
  const claims = await readClaims()
  const { id, home, range, ports } = inside.installation
  expect(claims.find((claim) => claim.id === id)).toMatchObject({ home, range, ports: Object.values(ports) })
  expectApart(claims)
  expect((await readInstallation(home))?.id).toBe(id)
})

it('another installation would take an id, a range, ports and names of its own', async () => {
  const home = await mkdtemp(join(tmpdir(), 'skypanel-neighbour-'))
  let made: Installation | null = null
  try {
    const flags = ['--panel-port', '17801', '--http-port', '17802', '--https-port', '17803']
    const options = parseOptions(['start', '--checkout', '/', '--home', home, ...flags], {})
    const context = await loadContext(options, {}, () => undefined)
    await installation.apply(context, () => undefined)
    made = known(context.installation, 'the installation')
    expectApart(await readClaims())
    const names = ({ id }: Installation) => [
      ...Object.values(users(id)),
      kernelNames(id).bridge,
      kernelNames(id).table,
      kernelNames(id).cgroup,
      kernelNames(id).buildCgroup,
      kernelNames(id).netns('i', 0),
      kernelNames(id).link('i', 0),
    ]
    const ours = new Set(names(inside.installation))
    expect(names(made).filter((name) => ours.has(name))).toEqual([])
  } finally {
    if (made !== null) await dropClaim(made.id)
    await rm(home, { recursive: true, force: true })
  }
})

const Ruleset = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) })
const Links = z.array(z.object({ ifname: z.string(), master: z.string().optional() }).loose())

it('its table, bridge and links hold nothing of another installation', async () => {
  const { id, range } = inside.installation
  const others = (await readClaims()).filter((claim) => claim.id !== id)
  const { table, bridge } = kernelNames(id)
  const tables = Ruleset.parse(JSON.parse(await run(['nft', '-j', 'list', 'tables'])))
  expect(JSON.stringify(tables)).toContain(`"${table}"`)
  const rules = await run(['nft', 'list', 'table', 'inet', table])
  expect(rules).toContain(range.split('.').slice(0, 2).join('.'))
  for (const other of others) {
    expect(rules).not.toContain(kernelNames(other.id).bridge)
    expect(rules).not.toContain(other.range)
  }
  const links = Links.parse(JSON.parse(await run(['ip', '-j', 'link', 'show', 'master', bridge])))
  expect(links.map(({ ifname }) => ifname).filter((name) => !name.startsWith(bridge))).toEqual([])
})
