import { expect, test } from 'vitest'
import { systemOverlays } from './instance.ts'
import { nspawnArgv } from './nspawn.ts'
import { sampleFacts as facts } from './sample-facts.ts'

test('a command is one argument, whatever stands in it', () => {
  const argv = nspawnArgv(facts)
  expect(argv.slice(-3)).toEqual(['/bin/bash', '-c', 'node x.js; "$(id)"'])
})

test('the supervisor gets a clean environment before it is started, and nothing of the app', () => {
  const argv = nspawnArgv(facts)
  expect(argv.filter((_, i) => argv[i - 1] === '--env')).toEqual([
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'SYSTEMD_SECCOMP=0',
  ])
  expect(argv.join(' ')).not.toContain('--setenv')
})

test('no instance is without its containment', () => {
  const argv = nspawnArgv(facts)
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
  const image = {
    getent: '/n/getent',
    user: { uid: 1234, gid: 1235 },
    workdir: '/srv',
    argv: ['/bin/sh', '-c', 'x'],
  }
  const argv = nspawnArgv({ ...facts, image })
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
    nspawnArgv({ ...facts, visible: Array.from({ length: count }, (_, i) => `/nix/store/${i}`) }).filter(
      (arg) => arg.endsWith(':idmap'),
    ).length
  expect(binds(10)).toBe(10)
  expect(binds(65)).toBe(0)
})

test('layers over the stack are given the lowest first', () => {
  const over = systemOverlays('/s', ['/l/one', '/l/two'], (path) => path.endsWith('/usr'))
  expect(nspawnArgv({ ...facts, over })).toContain('--overlay-ro=/s/usr:/l/two/usr:/l/one/usr:/usr')
})
