import { expect, test } from 'vitest'
import type { InstanceFacts } from './instance.ts'
import { lxcArgv, lxcConfig } from './lxc.ts'
import { sampleFacts as facts } from './sample-facts.ts'

const config = (more: Partial<InstanceFacts> = {}) =>
  lxcConfig({ ...facts, ...more }, (path) => !path.endsWith('.patch')).split('\n')

test('the supervisor gets a clean environment, and the command is one argument of it', () => {
  const argv = lxcArgv(facts)
  expect(argv.filter((_, i) => argv[i - 1] === '--env')).toEqual(['PATH=/nonexistent'])
  expect(argv.slice(-3)).toEqual(['/bin/bash', '-c', 'node x.js; "$(id)"'])
})

test('the instance sees its own group and no other, and LXC sees none', () => {
  const argv = lxcArgv(facts)
  const binds = argv.filter((_, i) => argv[i - 1] === '--bind')
  expect(binds).toContain('/c/a:/var/lib/lxc/sys/fs/cgroup/memory')
  expect(argv.filter((_, i) => argv[i - 1] === '--scratch').at(-1)).toBe('/sys/fs/cgroup')
  const alone = lxcArgv({ ...facts, cgroups: [{ directory: '/c/a', name: '' }] })
  expect(alone).toContain('/c/a:/var/lib/lxc/sys/fs/cgroup')
})

test('init is told of the descriptors that are passed on to it', () => {
  expect(config()).toContain('lxc.environment = LISTEN_FDS=5')
  expect(config({ attach: true })).toContain('lxc.environment = LISTEN_FDS=6')
})

test('no instance is without its containment', () => {
  for (const line of [
    'lxc.rootfs.path = dir:/nix/store/s',
    'lxc.rootfs.options = ro,idmap=container',
    'lxc.idmap = u 0 100000 65536',
    'lxc.idmap = g 0 100000 65536',
    'lxc.namespace.share.net = /run/netns/n',
    'lxc.cap.keep = none',
    'lxc.no_new_privs = 1',
    'lxc.init.uid = 1000',
    'lxc.init.gid = 1000',
    'lxc.mount.entry = tmpfs tmp tmpfs rw,nosuid,nodev,mode=1777,size=64m,create=dir 0 0',
    'lxc.mount.entry = tmpfs dev/shm tmpfs rw,nosuid,nodev,mode=1777,size=64m,create=dir 0 0',
    'lxc.mount.entry = /nix/store/node nix/store/node none bind,ro,create=dir,idmap=container 0 0',
  ])
    expect(config()).toContain(line)
})

test('nothing of the app stands in the configuration', () => {
  expect(config().join('\n')).not.toContain('node x.js')
})

test('an image is the whole root and runs as its own user', () => {
  const image = {
    getent: '/n/getent',
    user: { uid: 1234, gid: 1235 },
    workdir: '/srv',
    argv: ['/bin/sh', '-c', 'x'],
  }
  const lines = config({ image })
  for (const line of ['lxc.init.uid = 1234', 'lxc.init.gid = 1235']) expect(lines).toContain(line)
  expect(lines.join('\n')).not.toContain('/nix/store/')
  expect(lines.join('\n')).not.toContain('lxc.rootfs.options')
})

test('a store path may be a file, and spaces do not end a field', () => {
  const lines = config({ visible: ['/nix/store/a.patch', '/nix/store/b c'] })
  expect(lines).toContain(
    'lxc.mount.entry = /nix/store/a.patch nix/store/a.patch none bind,ro,create=file,idmap=container 0 0',
  )
  expect(lines.join('\n')).toContain('/nix/store/b\\040c nix/store/b\\040c none')
})

test('a value with a line break is refused, as it would be a setting of its own', () => {
  expect(() => config({ netns: '/run/netns/n\nlxc.cap.keep = sys_admin' })).toThrow('line break')
})

test('a volume is mounted by the shim, and shown at its place in the app', () => {
  const disks = [{ device: '/dev/loop7', mount: '/app/data' }]
  const argv = lxcArgv({ ...facts, disks })
  expect(argv[argv.indexOf('--disk') + 1]).toBe('/dev/loop7:/h/instances/x/disk0')
  expect(argv).toContain('/h/instances/x/disk0:/var/lib/lxc/disk0')
  const lines = config({ disks })
  const data = lines.indexOf(
    'lxc.mount.entry = /var/lib/lxc/disk0 app/data none bind,rw,nosuid,nodev,create=dir 0 0',
  )
  expect(data).toBeGreaterThan(lines.findIndex((line) => line.includes(' app none ')))
})
