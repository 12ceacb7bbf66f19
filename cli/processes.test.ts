import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { configVarEndpoints } from '../server/contract/config-vars.ts'
import { deployEndpoints } from '../server/contract/deploys.ts'
import { formationEndpoints } from '../server/contract/formation.ts'
import { logEndpoints } from '../server/contract/logs.ts'
import { platformEndpoints } from '../server/contract/platform.ts'
import { releaseEndpoints } from '../server/contract/releases.ts'
import {
  sampleBuild,
  sampleDeployment,
  sampleFormation,
  sampleInstance,
  sampleRelease,
  uuid,
} from '../test/support/api-samples.ts'
import { type ApiServer, Refusal } from '../test/support/api-server.ts'
import type { CliBench } from '../test/support/cli.ts'
import { inCliWorlds } from '../test/support/cli-world.ts'

let api: ApiServer
let bench: CliBench
inCliWorlds({ SKYPANEL_TOKEN: 'good', SKYPANEL_APP: 'shop' }, (world) => ({ api, bench } = world))

const bodies = (method: string) => api.calls.filter((call) => call.method === method).map(({ body }) => body)

describe('config', () => {
  beforeEach(() => {
    api.on(configVarEndpoints.get, () => ({ ZED: '1', MODE: 'very fast' }))
    api.on(configVarEndpoints.patch, ({ body }) => ({
      config_vars: Object.fromEntries(
        Object.entries(body).filter((pair): pair is [string, string] => pair[1] !== null),
      ),
      release: 5,
      deployment: uuid(5),
    }))
    api.on(releaseEndpoints.deployment, () => sampleDeployment())
  })

  it('shows vars aligned and sorted, one value, or lines for a shell', async () => {
    expect((await bench.run(['config'])).stdout).toBe('=== shop Config Vars\nMODE: very fast\nZED:  1\n')
    expect((await bench.run(['config:get', 'MODE'])).stdout).toBe('very fast\n')
    expect((await bench.run(['config', '-s'])).stdout).toBe("MODE='very fast'\nZED=1\n")
    expect((await bench.run(['config', 'get', 'NOPE'])).code).toBe(1)
  })

  it('sets vars, waits until the release is live and repeats what is set', async () => {
    let asked = 0
    api.on(releaseEndpoints.deployment, () => {
      asked += 1
      return sampleDeployment({ state: asked < 3 ? 'running' : 'succeeded' })
    })
    expect(await bench.run(['config', 'set', 'MODE=slow', 'URL=a=b'])).toEqual({
      code: 0,
      stdout: 'MODE: slow\nURL:  a=b\n',
      stderr: 'Setting MODE, URL and restarting shop… done, v5\n',
    })
    expect(asked).toBe(3)
  })

  it('fails when the release did not go live, and says that the old one serves', async () => {
    api.on(releaseEndpoints.deployment, () =>
      sampleDeployment({ state: 'failed', release: 5, reason: 'web.1 exited with status 3' }),
    )
    const { code, stdout, stderr } = await bench.run(['config:set', 'MODE=broken'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('… failed\n ▸    Release v5 did not go live: web.1 exited with status 3\n')
    expect(stderr).toContain('What served before goes on serving.')
  })

  it('does not wait with --no-wait, and unsets by null', async () => {
    await bench.run(['config:unset', 'MODE', 'URL', '--no-wait'])
    expect(bodies('PATCH')).toEqual([{ MODE: null, URL: null }])
    expect(api.calls).toHaveLength(1)
  })

  it('takes secrets from a file, so that they stand in no argv', async () => {
    await writeFile(join(bench.folder, '.env'), '# secrets\nKEY="a b"\n')
    await bench.run(['config:set', '--from', '.env', '--no-wait'])
    await bench.run(['config:set', '--from', '-', '--no-wait'], { input: 'KEY=stdin' })
    expect(bodies('PATCH')).toEqual([{ KEY: 'a b' }, { KEY: 'stdin' }])
  })
})

describe('processes', () => {
  beforeEach(() => {
    api.on(formationEndpoints.list, () => [sampleFormation('web', 2), sampleFormation('worker', 0)])
    api.on(formationEndpoints.instances, () => [
      sampleInstance('web.10'),
      sampleInstance('web.2', {
        state: 'crashed',
        reason: 'Exited with status 3',
        restarts: 4,
        exit: { code: 3, signal: null, out_of_memory: false, lines: ['Error: no database'] },
      }),
      sampleInstance('run.7'),
    ])
    api.on(formationEndpoints.scale, ({ body }) =>
      body.updates.map(({ type, quantity }) => sampleFormation(type, quantity)),
    )
  })

  it('are listed by type, in the order of their numbers, with the reason of a crash and its last words', async () => {
    expect((await bench.run(['ps'])).stdout).toBe(
      [
        '=== web (standard-1x): node web.js (2)',
        'web.2: crashed v3, 4 restarts: Exited with status 3',
        '    Error: no database',
        'web.10: up v3',
        '',
        '=== worker (standard-1x): node worker.js (0)',
        '',
        '=== run',
        'run.7: up v3',
        '',
      ].join('\n'),
    )
    expect((await bench.run(['ps', 'run'])).stdout).toBe('=== run\nrun.7: up v3\n')
  })

  it('are scaled to a number, or from what runs now', async () => {
    expect(await bench.run(['scale', 'web=3'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'Scaling web… done, now running web at 3:standard-1x\n',
    })
    expect((await bench.run(['ps', 'scale', 'web-1', 'worker+2', '--json'])).code).toBe(0)
    expect(bodies('PATCH')).toEqual([
      { updates: [{ type: 'web', quantity: 3 }] },
      {
        updates: [
          { type: 'web', quantity: 1 },
          { type: 'worker', quantity: 2 },
        ],
      },
    ])
    expect((await bench.run(['scale'])).stdout).toBe('web=2:standard-1x worker=0:standard-1x\n')
  })

  it('refuse a bad quantity before the platform is asked', async () => {
    expect((await bench.run(['scale', 'web=many'])).code).toBe(2)
    expect(api.calls).toEqual([])
  })

  it('are restarted all, by type, or one', async () => {
    api.on(formationEndpoints.restart, () => ({ deployment: uuid(5) }))
    api.on(releaseEndpoints.deployment, () => sampleDeployment({ kind: 'restart' }))
    expect((await bench.run(['restart'])).stderr).toBe('Restarting shop… done\n')
    await bench.run(['restart', 'web'])
    await bench.run(['ps:restart', 'web.1'])
    expect(bodies('POST')).toEqual([{}, { type: 'web' }, { instance: 'web.1' }])
  })
})

describe('releases', () => {
  it('are listed with the newest first, and one is shown whole', async () => {
    api.on(releaseEndpoints.list, () => [
      sampleRelease(2),
      sampleRelease(1, { state: 'superseded', kept: false }),
    ])
    api.on(releaseEndpoints.info, ({ params }) => sampleRelease(Number(params.version)))
    api.on(deployEndpoints.events, () => [
      {
        at: '2026-11-21T12:00:01Z',
        step: 'drain',
        text: 'web.1 of v1 leaves routing: a new one serves in its place',
      },
    ])
    const { stdout } = await bench.run(['releases'])
    expect(stdout.split('\n')[2]).toBe(
      'v1       superseded, collected  Deploy 1a2b3c4d  ada@example.com  2026-11-21 12:00:00 UTC',
    )
    const shown = (await bench.run(['releases', 'info', 'v2'])).stdout
    expect(shown).toContain('Process web: node index.js\n')
    expect(shown).toContain(
      '2026-11-21 12:00:01 UTC  web.1 of v1 leaves routing: a new one serves in its place\n',
    )
  })

  it('roll back to the one before, or to a kept one, and wait until it is live', async () => {
    api.on(releaseEndpoints.rollback, () => ({ release: sampleRelease(9), deployment: uuid(5) }))
    api.on(releaseEndpoints.deployment, () => sampleDeployment({ kind: 'rollback' }))
    expect((await bench.run(['rollback'])).stderr).toBe('Rolling shop back to the release before… done, v9\n')
    expect((await bench.run(['rollback', 'v3', '--formation'])).stderr).toBe(
      'Rolling shop back to v3… done, v9\n',
    )
    expect(bodies('POST')).toEqual([{ formation: false }, { formation: true, version: 3 }])
    api.on(releaseEndpoints.rollback, () => {
      throw new Refusal('release_collected', 'The build of v1 was collected.')
    })
    expect((await bench.run(['rollback', 'v1'])).stderr).toContain(
      'See which releases are kept: skypanel releases',
    )
  })

  it('keep waiting while the platform restarts', async () => {
    api.on(releaseEndpoints.rollback, () => ({ release: sampleRelease(9), deployment: uuid(5) }))
    let asked = 0
    api.on(releaseEndpoints.deployment, () => {
      asked += 1
      if (asked < 4) throw new Refusal('database_unavailable', 'The database is away.')
      return sampleDeployment()
    })
    expect((await bench.run(['rollback'])).code).toBe(0)
  })
})

describe('logs', () => {
  const line = (seq: number, text: string, process = 'web.1') => ({
    id: seq,
    data: {
      seq,
      time: '2026-11-21T12:00:00.000Z',
      source: 'app' as const,
      process,
      stream: 'stdout' as const,
      text,
    },
  })

  it('print lines as they are, or one document', async () => {
    api.onStream(logEndpoints.stream, async function* ({ query }) {
      expect(query).toMatchObject({ lines: 2, follow: false, process: 'web', source: 'app' })
      yield line(1, 'one ✓')
      yield line(2, '')
    })
    const args = ['logs', '-n', '2', '-p', 'web', '-s', 'app']
    expect((await bench.run(args)).stdout).toBe(
      '2026-11-21T12:00:00.000Z app[web.1]: one ✓\n2026-11-21T12:00:00.000Z app[web.1]: \n',
    )
    expect(JSON.parse((await bench.run([...args, '--json'])).stdout)).toHaveLength(2)
  })

  it('go on after the last line when the connection breaks, and end with Ctrl-C', async () => {
    api.onStream(logEndpoints.stream, async function* ({ lastEventId }) {
      const from = Number(lastEventId ?? 0)
      yield line(from + 1, `line ${from + 1}`)
      yield line(from + 2, `line ${from + 2}`)
      throw new Error('cut')
    })
    const { code, stdout } = await bench.run(['logs', '--tail'], {
      onStdout: (text, child) => {
        if (text.includes('line 6\n')) child.kill('SIGINT')
      },
    })
    expect(code).toBe(130)
    const numbers = [...stdout.matchAll(/line (\d+)/g)].map((match) => Number(match[1]))
    expect(numbers.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('are coloured on a terminal only, and not where NO_COLOR is set', async () => {
    api.onStream(logEndpoints.stream, async function* () {
      yield line(1, 'hi')
    })
    expect((await bench.runOnTerminal(['logs'])).stdout).toContain('\u001b[')
    expect((await bench.runOnTerminal(['logs'], { env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b[')
  })

  it('do not mind a reader that has seen enough', async () => {
    api.onStream(logEndpoints.stream, async function* () {
      for (let seq = 1; seq < 3000; seq += 1) yield line(seq, 'x'.repeat(100))
    })
    const pipe = `${process.execPath} ${bench.script} logs | head -1; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await bench.git(['-c', `alias.pipe=!bash -c '${pipe}'`, 'pipe'])
    expect(stderr).toBe('')
    expect(stdout.split('\n')[1]).toBe('0')
  })
})

describe('builds', () => {
  it('show the log of the newest once, though the stream broke', async () => {
    api.on(releaseEndpoints.builds, () => [sampleBuild({ id: uuid(42) }), sampleBuild()])
    let times = 0
    api.onStream(releaseEndpoints.buildLog, async function* ({ params, query }) {
      expect(params.build).toBe(uuid(42))
      times += 1
      for (let seq = query.after + 1; seq <= 4; seq += 1) {
        yield { id: seq, data: { seq, text: `step ${seq}` } }
        if (times === 1 && seq === 2) throw new Error('cut')
      }
    })
    const { code, stdout } = await bench.run(['builds:log'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'step 1\nstep 2\nstep 3\nstep 4\n' })
  })

  it('cancel the one that is running, or say that none is', async () => {
    api.on(releaseEndpoints.builds, () => [
      sampleBuild(),
      sampleBuild({ id: uuid(43), state: 'running', finished_at: null }),
    ])
    api.on(releaseEndpoints.cancelBuild, ({ params }) => sampleBuild({ id: params.build, state: 'canceled' }))
    expect((await bench.run(['builds:cancel'])).stderr).toBe(`Canceling build ${uuid(43)}… done\n`)
    api.on(releaseEndpoints.builds, () => [sampleBuild()])
    expect((await bench.run(['builds:cancel'])).stderr).toContain('No build of shop is running.')
  })
})

it('status exits with 69 when a process of the platform is down', async () => {
  const components = [
    { name: 'agent', ok: true, detail: 'nspawn' },
    { name: 'caddy', ok: false, detail: 'no answer' },
  ]
  api.on(platformEndpoints.status, () => ({
    version: '0.1.0',
    installation: 'ab12',
    registry: { active: 'embedded' as const, consul: 'building, 40 %' },
    components,
  }))
  const { code, stdout } = await bench.run(['status'])
  expect(code).toBe(69)
  expect(stdout).toBe(
    `=== SkyPanel 0.1.0 at ${api.origin}\nInstallation: ab12\nRegistry:     embedded\nConsul:       building, 40 %\n\nPROCESS  STATE  DETAIL\nagent    ok     nspawn\ncaddy    down   no answer\n`,
  )
})
