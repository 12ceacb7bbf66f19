import { expect, test } from 'vitest'
import { unmountedHierarchies } from './mount-hierarchies.ts'

const GROUPS = '9:name=systemd:/\n8:pids:/\n5:devices:/\n4:memory:/\n2:cpu,cpuacct:/\n0::/init.scope\n'
const UNIFIED = 'cgroup /sys/fs/cgroup cgroup2 rw 0 0\n'

test('in a container that knows version 2 only, the controllers of version 1 can be mounted', () => {
  expect(unmountedHierarchies(GROUPS, UNIFIED)).toEqual(['pids', 'memory', 'cpu,cpuacct'])
})

test('what is mounted already is left alone', () => {
  const mounts = `${UNIFIED}cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\ncgroup /x cgroup rw,cpu,cpuacct 0 0\n`
  expect(unmountedHierarchies(GROUPS, mounts)).toEqual(['pids'])
})

test('a machine with version 2 alone has nothing to mount', () => {
  expect(unmountedHierarchies('0::/user.slice\n', UNIFIED)).toEqual([])
})
