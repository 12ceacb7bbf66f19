import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Formation, Instance } from '../../server/contract/formation.ts'
import { failuresDuring, TestPlatform, type TestApp, until } from '../support/platform.ts'

let platform: TestPlatform
let app: TestApp
beforeAll(async () => {
  platform = await TestPlatform.load()
  app = await platform.app('express')
  await app.deploy()
})
afterAll(async () => {
  await app.forget()
  await platform[Symbol.asyncDispose]()
})

const Processes = z.object({ formation: z.array(Formation), instances: z.array(Instance) })

describe('config vars', () => {
  it('reach the app with a new release, without a lost request', async () => {
    const before = await app.live()
    const failures = await failuresDuring(
      () => app.fetch('/version'),
      async () => {
        const { code, stderr } = await app.run(['config:set', 'COLOUR=light blue', 'EMPTY='])
        expect({ code, stderr }).toMatchObject({ code: 0 })
      },
    )
    expect(failures).toEqual([])
    expect(await app.text('/config/COLOUR')).toBe('light blue')
    expect(await app.live()).toBe((before ?? 0) + 1)
    expect((await app.run(['config:get', 'COLOUR'])).stdout).toBe('light blue\n')
  })

  it('make no release when nothing changes', async () => {
    const before = (await app.releases()).length
    await app.run(['config:set', 'COLOUR=light blue'])
    expect(await app.releases()).toHaveLength(before)
  })

  it('are refused when their name is none, with nothing changed', async () => {
    const { code, stderr } = await app.run(['config:set', '1BAD=x'])
    expect(code).toBe(1)
    expect(stderr).toContain('▸')
    expect((await app.run(['config', '--json'])).stdout).not.toContain('1BAD')
  })
})

it('a rollback brings code and config back as a new release', async () => {
  const old = await app.live()
  await app.write('version.txt', 'two\n')
  await app.deploy()
  await app.run(['config:set', 'COLOUR=red'])
  expect([await app.text('/version'), await app.text('/config/COLOUR')]).toEqual(['two', 'red'])
  const before = await app.live()
  const failures = await failuresDuring(
    () => app.fetch('/version'),
    async () => {
      const { code, stderr } = await app.run(['rollback', `v${old}`])
      expect({ code, stderr }).toMatchObject({ code: 0 })
    },
  )
  expect(failures).toEqual([])
  expect([await app.text('/version'), await app.text('/config/COLOUR')]).toEqual(['one', 'light blue'])
  expect(await app.live()).toBe((before ?? 0) + 1)
  const unknown = await app.run(['rollback', 'v4711'])
  expect(unknown.code).toBe(1)
  expect(unknown.stderr).toContain('skypanel releases')
})

describe('instances', () => {
  it('are as many as asked for, and all of them answer', async () => {
    expect((await app.run(['scale', 'web=3'])).code).toBe(0)
    const ready = await until(
      'three ready instances',
      () => app.json(Processes, 'ps'),
      ({ instances }) =>
        instances.filter(({ type, state }) => type === 'web' && state === 'ready').length === 3,
    )
    expect(ready.formation.find(({ type }) => type === 'web')?.quantity).toBe(3)
    const seen = new Set<string>()
    await until(
      'an answer of each instance',
      async () => seen.add((await app.fetch('/instance')).text),
      (all) => all.size === 3,
    )
  })

  it('are replaced by a restart without a lost request', async () => {
    const before = await app.text('/instance')
    const failures = await failuresDuring(
      () => app.fetch('/version'),
      () => app.run(['restart']),
    )
    expect(failures).toEqual([])
    const { instances } = await app.json(Processes, 'ps')
    expect(instances.filter(({ type, state }) => type === 'web' && state === 'ready')).toHaveLength(3)
    expect(before).not.toBe('')
  })

  it('may be none: visitors are told, and the app comes back', async () => {
    await app.run(['scale', 'web=0'])
    await until(
      'no answer of the app',
      () => app.fetch('/version'),
      ({ status }) => status === 503,
    )
    await app.run(['scale', 'web=1'])
    await until(
      'the app again',
      () => app.fetch('/version'),
      ({ status }) => status === 200,
    )
  })

  it('are hidden by maintenance mode', async () => {
    await app.run(['maintenance:on'])
    await until(
      'the maintenance page',
      () => app.fetch('/version'),
      ({ status }) => status === 503,
    )
    await app.run(['maintenance:off'])
    await until(
      'the app again',
      () => app.fetch('/version'),
      ({ status }) => status === 200,
    )
  })
})

describe('logs', () => {
  it('show what the app prints, and go on with --tail', async () => {
    await app.fetch('/say/before')
    await until(
      'the line in the log',
      () => app.run(['logs']),
      ({ stdout }) => /app\[web\.\d+\]: somebody said before/.test(stdout),
    )
    let asked = false
    const { stdout } = await app.run(['logs', '--tail', '--num', '1'], {
      onStdout: (text, child) => {
        if (!asked) {
          asked = true
          void app.fetch('/say/during')
        }
        if (text.includes('somebody said during')) child.kill('SIGINT')
      },
    })
    expect(stdout).toContain('somebody said during')
  })
})

describe('run', () => {
  it('gives output, exit code and stdin of a command in an instance of its own', async () => {
    expect(await app.run(['run', 'sh', '-c', 'echo out; echo err >&2; exit 7'])).toMatchObject({
      code: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect(await app.run(['run', 'cat'], { input: 'through\n' })).toMatchObject({
      code: 0,
      stdout: 'through\n',
    })
    expect((await app.run(['run', 'echo "$COLOUR"'])).stdout).toBe('light blue\n')
  })

  it('has a terminal where there is one', async () => {
    const { stdout } = await platform.cli.runOnTerminal(['run', 'tty && stty size'], { cwd: app.folder })
    expect(stdout).toMatch(/\/dev\/(pts\/\d+|console)/)
    expect(stdout).toContain('24 80')
  })

  it('ends with the signal that it is sent', async () => {
    const { code } = await app.run(['run', 'sh', '-c', 'echo ready; exec sleep 600'], {
      onStdout: (_text, child) => child.kill('SIGTERM'),
    })
    expect(code).toBe(143)
  })
})
