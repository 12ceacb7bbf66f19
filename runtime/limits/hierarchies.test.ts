import { expect, test } from 'vitest'
import { findHierarchies, limitFiles, missingControllers, yieldingFiles } from './hierarchies.ts'

const V1 = [
  'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0',
  'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0',
  'cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0',
  'cgroup /sys/fs/cgroup/devices cgroup rw,devices 0 0',
  'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0',
].join('\n')

test('version 1, version 2 and both at once are found from the mounts', () => {
  const hybrid = findHierarchies(V1, () => [])
  expect(hybrid.map((one) => one.mount.split('/').at(-1))).toEqual([
    'cpu,cpuacct',
    'memory',
    'pids',
    'unified',
  ])
  expect(missingControllers(hybrid)).toEqual([])
  const pure = findHierarchies('cgroup2 /sys/fs/cgroup cgroup2 rw 0 0', () => ['cpu', 'memory', 'pids'])
  expect(missingControllers(pure)).toEqual([])
})

test('a machine without a controller names it', () => {
  expect(missingControllers(findHierarchies('cgroup2 /sys/fs/cgroup cgroup2 rw 0 0', () => ['cpu']))).toEqual(
    ['memory', 'pids'],
  )
})

test('the same limits are written in the words of each version', () => {
  const limits = { memoryMb: 128, cpuMilli: 500, pids: 64 }
  const [two] = findHierarchies('cgroup2 /c cgroup2 rw 0 0', () => ['cpu', 'memory', 'pids'])
  const text = (files: { file: string; value: string }[]) =>
    files.map(({ file, value }) => `${file}=${value}`)
  expect(two === undefined ? [] : text(limitFiles(two, limits))).toEqual([
    'memory.max=134217728',
    'memory.swap.max=0',
    'memory.oom.group=0',
    'cpu.max=50000 100000',
    'pids.max=64',
  ])
  const one = findHierarchies(V1, () => []).flatMap((hierarchy) => text(limitFiles(hierarchy, limits)))
  expect(one).toEqual([
    'cpu.cfs_period_us=100000',
    'cpu.cfs_quota_us=50000',
    'memory.limit_in_bytes=134217728',
    'memory.memsw.limit_in_bytes=134217728',
    'pids.max=64',
  ])
})

test('the share of the disk is written where the kernel has one', () => {
  const limits = { memoryMb: 128, cpuMilli: 500, pids: 64, ioWeight: 5 }
  const weights = (mounts: string, controllers: string[]) =>
    findHierarchies(mounts, () => controllers)
      .flatMap((hierarchy) => limitFiles(hierarchy, limits))
      .filter(({ file }) => file.includes('io'))
  expect(weights('cgroup2 /c cgroup2 rw 0 0', ['io'])).toEqual([
    { file: 'io.weight', value: 'default 5', optional: true },
  ])
  expect(weights('cgroup2 /c cgroup2 rw 0 0', ['memory'])).toEqual([])
})

test('builds give way in the words of each version', () => {
  const files = (mounts: string, insistence: 0 | 10) =>
    findHierarchies(mounts, () => ['cpu', 'memory'])
      .flatMap((hierarchy) => yieldingFiles(hierarchy, insistence))
      .map(({ file, value }) => `${file}=${value}`)
  const two = 'cgroup2 /c cgroup2 rw 0 0'
  expect(files(two, 0)).toEqual(['cpu.idle=0', 'cpu.weight=1', 'cpu.idle=1'])
  expect(files(two, 10)).toEqual(['cpu.idle=0', 'cpu.weight=10'])
  const one = 'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0'
  expect(files(one, 0)).toEqual(['cpu.idle=0', 'cpu.shares=10', 'cpu.idle=1'])
  expect(files(one, 10)).toEqual(['cpu.idle=0', 'cpu.shares=102'])
})
