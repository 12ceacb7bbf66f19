import { expect, test } from 'vitest'
import type { Installation } from '../installation.ts'
import { nextDelay } from './backoff.ts'
import { planChanges, stopOrder } from './changes.ts'
import { parseStat } from './proc.ts'
import { fingerprint } from './process.ts'
import { processes, type Facts } from './processes.ts'
import { parseMounts } from './mount-namespace.ts'
import { parseShow } from './systemd.ts'
import { quote, serviceUnit, units } from './units.ts'

const installation: Installation = {
  version: 1,
  id: 'ab12',
  home: '/var/lib/skypanel',
  range: '10.160.0.0/18',
  domain: null,
  ports: {
    panel: 8800,
    http: 8080,
    https: 8443,
    dns: 20001,
    directory: 20002,
    edge: 20003,
    consulHttp: 20004,
    consulRpc: 20005,
    consulSerf: 20006,
  },
  database: { kind: 'private' },
  driver: 'nspawn',
  registry: 'auto',
  allowUnlimited: false,
  supervision: 'systemd',
}
const facts: Facts = {
  installation,
  version: '/var/lib/skypanel/versions/1',
  node: '/var/lib/skypanel/versions/1/bin/node',
  postgres: ['/usr/lib/postgresql/17/bin/postgres', '-D', '/var/lib/skypanel/postgres/data'],
  caddy: '/usr/bin/caddy',
  consul: ['/var/lib/skypanel/consul/consul', 'agent'],
  caBundle: '/etc/ssl/certs/ca-certificates.crt',
  serverEnv: {},
  namespace: '4026532001',
  settings: 'a1',
}
const table = processes(facts)
const named = (name: string) => {
  const found = table.find((process) => process.name === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

test('only the agent and the one-off build of Consul run as root', () => {
  expect(table.filter(({ user }) => user === null).map(({ name }) => name)).toEqual(['agent', 'consul-build'])
})

test('no process has a secret in its argv or environment', () => {
  const external = processes({
    ...facts,
    postgres: null,
    installation: { ...installation, database: { kind: 'external', url: 'postgresql://u:hunter2@db/x' } },
  })
  expect(JSON.stringify(external)).not.toContain('hunter2')
})

test('Ctrl-C ends server and database; apps, routing, logs and registry are not of the control plane', () => {
  expect(
    table
      .filter(({ plane }) => plane === 'data')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['agent', 'caddy', 'consul', 'directory', 'edge', 'logs'])
})

test('Caddy keeps the right to low ports only where the platform is public', () => {
  expect(named('caddy').capabilities).toEqual([])
  const open = processes({ ...facts, installation: { ...installation, domain: 'apps.example.com' } })
  expect(open.find(({ name }) => name === 'caddy')?.capabilities).toEqual(['net_bind_service'])
})

test('an upgrade replaces agent, then directory, edge and logs, then server', () => {
  const running = table.map((process) => ({ name: process.name, fingerprint: fingerprint(process) }))
  expect(planChanges(table, running)).toEqual({ start: [], replace: [], stop: [] })
  const next = processes({ ...facts, version: '/var/lib/skypanel/versions/2' })
  expect(planChanges(next, running).replace.map((rank) => rank.map(({ name }) => name))).toEqual([
    ['agent'],
    ['directory', 'edge', 'logs'],
    ['server'],
    ['consul-build'],
  ])
})

test('what asks is stopped before what answers', () => {
  expect(stopOrder(table).map((rank) => rank[0]?.name)).toEqual([
    'consul-build',
    'server',
    'caddy',
    'agent',
    'postgres',
  ])
})

test('unprivileged units are hardened, the agent keeps its children when it is restarted', () => {
  const server = serviceUnit(named('server'), installation)
  expect(server.file).toBe('skypanel-ab12-server.service')
  expect(server.text).toContain('User=skypanel-ab12\n')
  expect(server.text).toContain('ProtectSystem=strict\n')
  expect(server.text).toContain('Slice=skypanel-ab12.slice\n')
  expect(server.text).toContain('CapabilityBoundingSet=\n')
  const agent = serviceUnit(named('agent'), installation).text
  expect(agent).toContain('KillMode=process\n')
  expect(agent).toContain('Delegate=yes\n')
  expect(agent).not.toContain('NoNewPrivileges')
})

test('the DNS socket belongs to systemd, so it outlives the directory', () => {
  const files = new Map(units(table, installation, ['/n', 'ns.js']).map(({ file, text }) => [file, text]))
  expect(files.get('skypanel-ab12-directory.socket')).toContain('ListenDatagram=127.0.0.1:20001\n')
  expect(files.get('skypanel-ab12-directory.service')).not.toContain('SKYPANEL_DNS_FD')
})

test('every unit name carries the installation', () => {
  for (const { file } of units(table, installation, ['/n'])) expect(file).toMatch(/^skypanel-ab12-/)
})

test('a word of a unit means only itself', () => {
  expect(quote('/plain/word')).toBe('/plain/word')
  expect(quote('100% $HOME "x"')).toBe('"100%% $$HOME \\"x\\""')
  expect(() => quote('a\nb')).toThrow('line break')
})

test('a process that keeps ending is tried less and less often, at least every 30 s', () => {
  let failures = 0
  const delays: number[] = []
  for (let i = 0; i < 9; i++) {
    const next = nextDelay(failures, 100)
    failures = next.failures
    delays.push(next.delay)
  }
  expect(delays).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000])
  expect(nextDelay(9, 60_000)).toEqual({ delay: 200, failures: 1 })
})

test('the kernel is read exactly: names with blanks and brackets, escaped mounts, systemd blocks', () => {
  expect(parseStat('42 (a (b) c) S 1 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0')).toEqual({
    state: 'S',
    session: 42,
    start: '777',
  })
  expect(parseMounts('1 2 0:4 mnt:[1] /h/my\\040ns rw - nsfs nsfs rw\n')).toEqual([
    { root: 'mnt:[1]', target: '/h/my ns', type: 'nsfs' },
  ])
  expect(
    parseShow('ActiveState=active\nMainPID=7\n\nActiveState=failed\n').map((block) =>
      block.get('ActiveState'),
    ),
  ).toEqual(['active', 'failed'])
})
