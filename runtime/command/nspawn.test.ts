import { expect, test } from 'vitest'
import {
  environmentFile,
  hostnameOf,
  instanceArgv,
  type NspawnFacts,
  parseStatus,
  systemOverlays,
} from './nspawn.ts'

const facts: NspawnFacts = {
  shim: '/n/shim',
  init: '/n/init',
  machine: 'spab12-x',
  hostname: 'web-1',
  folder: '/h/instances/x',
  stack: '/nix/store/s',
  over: [],
  visible: ['/nix/store/node'],
  lower: ['/sk/app', '/nix/store/l/app'],
  uidBase: 100_000,
  diskMb: 64,
  cgroups: ['/c/a'],
  netns: '/run/netns/n',
  resolvConf: '/h/resolv.conf',
  caBundle: '/m/ca.crt',
  attach: false,
  pty: null,
  command: 'node x.js; "$(id)"',
  image: null,
}

test('a command is one argument, whatever stands in it', () => {
  const argv = instanceArgv(facts)
  expect(argv.slice(-3)).toEqual(['/bin/bash', '-c', 'node x.js; "$(id)"'])
})

test('the supervisor gets a clean environment before it is started, and nothing of the app', () => {
  const argv = instanceArgv(facts)
  expect(argv.filter((_, i) => argv[i - 1] === '--env')).toEqual([
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'SYSTEMD_SECCOMP=0',
  ])
  expect(argv.join(' ')).not.toContain('--setenv')
})

test('no instance is without its containment', () => {
  const argv = instanceArgv(facts)
  for (const flag of [
    '--read-only',
    '--no-new-privileges=yes',
    '--drop-capability=all',
    '--private-users=100000:65536',
    '--private-users-ownership=map',
    '--tmpfs=/nix/store:mode=0755,size=1m',
    '--user=app',
  ])
    expect(argv).toContain(flag)
  expect(argv).toContain('/run/netns/n')
  expect(argv.indexOf('--cgroup')).toBeLessThan(argv.indexOf('/usr/bin/systemd-nspawn'))
})

test('an image is the whole root, as contained as any other, and nothing of it runs before the filter', () => {
  const image = { getent: '/n/getent', workdir: '/srv', argv: ['/bin/sh', '-c', 'x'] }
  const argv = instanceArgv({ ...facts, image })
  for (const flag of [
    '--directory=/h/instances/x/app',
    '--no-new-privileges=yes',
    '--drop-capability=all',
    '--private-users=100000:65536',
    '--bind-ro=/n/getent:/usr/bin/getent',
    '--user=skypanel',
  ])
    expect(argv).toContain(flag)
  expect(argv.join(' ')).not.toContain('/nix/store/node')
  expect(argv.slice(-6)).toEqual(['--cwd', '/srv', '--', '/bin/sh', '-c', 'x'])
})

test('few binds show their owner, many are bound plainly, which is quicker', () => {
  const binds = (count: number) =>
    instanceArgv({ ...facts, visible: Array.from({ length: count }, (_, i) => `/nix/store/${i}`) }).filter(
      (arg) => arg.endsWith(':idmap'),
    ).length
  expect(binds(10)).toBe(10)
  expect(binds(65)).toBe(0)
})

test('more layers than the kernel takes are refused with a sentence', () => {
  expect(() =>
    instanceArgv({
      ...facts,
      lower: Array.from({ length: 80 }, (_, i) => `/nix/store/${'x'.repeat(60)}${i}`),
    }),
  ).toThrow('80 layers')
})

test('a variable may hold anything but NUL', () => {
  expect(environmentFile({ A: "x\ny='$", B: '', C: 'a\0b' })).toBe("A=x\ny='$\0B=\0C=ab\0")
})

test('what init wrote is read, also when it was cut off', () => {
  expect(parseStatus('')).toEqual({ started: false, code: null, signal: null })
  expect(parseStatus('started\n')).toEqual({ started: true, code: null, signal: null })
  expect(parseStatus('started\nexit 3\n')).toEqual({ started: true, code: 3, signal: null })
  expect(parseStatus('started\nsignal 9\n')).toEqual({ started: true, code: null, signal: 9 })
})

test('an instance name becomes a host name', () => {
  expect(hostnameOf('web.1')).toBe('web-1')
  expect(hostnameOf('Run_9')).toBe('run-9')
})

test('packages of the system lie over the folders of the stack that they have, the first uppermost', () => {
  const has = (path: string) => path !== '/l/two/etc'
  const over = systemOverlays('/s', ['/l/one', '/l/two'], has)
  expect(over.map(({ folder, lower }) => [folder, ...lower])).toEqual([
    ['usr', '/l/one/usr', '/l/two/usr', '/s/usr'],
    ['etc', '/l/one/etc', '/s/etc'],
    ['var', '/l/one/var', '/l/two/var', '/s/var'],
  ])
  expect(systemOverlays('/s', [], has)).toEqual([])
  expect(instanceArgv({ ...facts, over })).toContain('--overlay-ro=/s/usr:/l/two/usr:/l/one/usr:/usr')
})
