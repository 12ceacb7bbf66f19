import type { InstanceFacts } from './instance.ts'

/** An instance like any other, for tests of what is made of it. */
export const sampleFacts: InstanceFacts = {
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
  cgroups: [{ directory: '/c/a', name: 'memory' }],
  netns: '/run/netns/n',
  resolvConf: '/h/resolv.conf',
  caBundle: '/m/ca.crt',
  attach: false,
  pty: null,
  command: 'node x.js; "$(id)"',
  image: null,
}
