import { beforeEach, describe, expect, it } from 'vitest'
import { clusterEndpoints, type Node } from '../server/contract/cluster.ts'
import { cronEndpoints } from '../server/contract/cron.ts'
import { runEndpoints } from '../server/contract/runs.ts'
import { uuid } from '../test/support/api-samples.ts'
import type { ApiServer } from '../test/support/api-server.ts'
import type { CliBench } from '../test/support/cli.ts'
import { inCliWorlds } from '../test/support/cli-world.ts'

let api: ApiServer
let bench: CliBench
inCliWorlds({ SKYPANEL_TOKEN: 'good', SKYPANEL_APP: 'shop' }, (world) => ({ api, bench } = world))

describe('cron', () => {
  const run = {
    entry: 'nightly',
    due_at: '2026-11-21T03:00:00.000Z',
    outcome: 'missed' as const,
    reason: 'the platform was away at that time',
    process: null,
    ended_at: null,
  }
  beforeEach(() => {
    api.on(cronEndpoints.list, () => [
      {
        name: 'nightly',
        schedule: '0 3 * * *',
        command: 'npm run nightly',
        size: 'standard-1x',
        overlap: 'skip' as const,
        from: 'skypanel.toml',
        next_run: '2026-11-22T03:00:00.000Z',
        last_run: run,
      },
    ])
  })

  it('shows each entry with its next run and what became of the last', async () => {
    const { stdout } = await bench.run(['cron'])
    expect(stdout).toMatch(/^ENTRY {4}SCHEDULE {3}NEXT \(UTC\) {8}LAST/)
    expect(stdout).toMatch(
      /nightly {2}0 3 \* \* \* {2}2026-11-22 03:00 {2}missed \(.*\): the platform was away/,
    )
    api.on(cronEndpoints.list, () => [])
    expect((await bench.run(['cron'])).stderr).toContain('[[cron]]')
  })

  it('shows what was due, of one entry and as many as asked for', async () => {
    api.on(cronEndpoints.runs, () => [run])
    expect((await bench.run(['cron:runs', 'nightly', '-n', '5'])).stdout).toContain('missed')
    expect(api.calls[0]).toMatchObject({ path: '/api/apps/shop/cron/runs?entry=nightly&lines=5' })
  })

  it('runs an entry now and says where to look', async () => {
    api.on(cronEndpoints.run, () => ({
      ...run,
      outcome: 'running' as const,
      reason: null,
      process: 'cron.4',
    }))
    const { code, stderr } = await bench.run(['cron:run', 'nightly'])
    expect(code).toBe(0)
    expect(stderr).toContain('Running nightly… done, as cron.4')
    expect(stderr).toContain('--process cron.4 --tail')
  })
})

describe('nodes', () => {
  const node: Node = {
    name: 'local',
    reachable: true,
    cordoned_at: null,
    total: { memory_mb: 4096, cpu_milli: 2000, disk_mb: 10_240 },
    used: { memory_mb: 1024, load: 0.5, disk_mb: 2048 },
    allocated: { memory_mb: 1536, cpu_milli: 3000, instances: 3 },
    memory_overcommit: 8,
  }

  it('are shown with what they have, what is promised and what is used', async () => {
    api.on(clusterEndpoints.nodes, () => [node])
    expect((await bench.run(['nodes'])).stdout).toBe(
      [
        'local: up, 3 instances',
        '',
        'NODE          TOTAL    PROMISED           USED',
        'local memory  4.0 GB   1.5 GB of 32.0 GB  1.0 GB',
        'local cores   2        3                  load 0.50',
        'local disk    10.0 GB  -                  2.0 GB',
        '',
      ].join('\n'),
    )
  })

  it('are cordoned and taken back', async () => {
    api.on(clusterEndpoints.update, ({ body }) => ({
      ...node,
      cordoned_at: body.cordoned ? '2026-11-21T03:00:00.000Z' : null,
    }))
    expect((await bench.run(['nodes:cordon', 'local'])).stderr).toContain('nothing new is placed on it')
    expect((await bench.run(['nodes:uncordon', 'local'])).stderr).toContain('it takes instances again')
    expect(api.calls.map(({ body }) => body)).toEqual([{ cordoned: true }, { cordoned: false }])
  })
})

it('runs a one-off in the size that is asked for', async () => {
  api.on(runEndpoints.create, ({ body }) => ({
    id: uuid(9),
    name: 'run.1',
    command: body.command,
    attach_path: null,
  }))
  await bench.run(['run:detached', '--size', 'standard-2x', 'node', 'import.js'])
  expect(api.calls[0]?.body).toMatchObject({ size: 'standard-2x', command: 'node import.js' })
})
