import { describe, expect, test } from 'vitest'
import { plan, planned } from '../test/support/planning.ts'

const app = { 'index.html': 'hello' }
const toml = (text: string) => ({ ...app, 'skypanel.toml': text })
const json = (value: object) => ({ ...app, 'app.json': JSON.stringify(value) })
const message = (files: Record<string, string>) => {
  const result = planned(files)
  return result.ok ? '' : result.message
}

describe('health checks', () => {
  test('are not in the plan of an app that names none', () => {
    expect(plan(app).release).not.toHaveProperty('health')
    expect(plan(app).release).not.toHaveProperty('cron')
  })

  test('of skypanel.toml take from the table around them what they leave open', () => {
    const { health } = plan(
      toml(`
[health.web]
path = "/up"
status = [200, "300-399"]
boot_timeout = 90
[health.web.readiness]
interval = 2
body = "ready"
[health.worker]
liveness = true
`),
    ).release
    const status = [
      [200, 200],
      [300, 399],
    ]
    expect(health).toEqual({
      web: {
        startup: { path: '/up', host: null, status, body: null, timeout: 5 },
        readiness: {
          path: '/up',
          host: null,
          status,
          body: 'ready',
          timeout: 5,
          interval: 2,
          failures: 3,
          successes: 1,
        },
        liveness: null,
        bootTimeout: 90,
      },
      worker: {
        startup: null,
        readiness: null,
        liveness: {
          path: null,
          host: null,
          status: [[100, 399]],
          body: null,
          timeout: 5,
          interval: 10,
          failures: 3,
          successes: 1,
        },
        bootTimeout: null,
      },
    })
  })

  test('that cannot be understood refuse the plan and name the place', () => {
    expect(message(toml('[health.web]\npath = "up"\n'))).toBe(
      'skypanel.toml: health.web.path: begins with a slash',
    )
    expect(message(toml('[health.web.readiness]\ninterval = 0\n'))).toContain(
      'skypanel.toml: health.web.readiness.interval: ',
    )
    expect(message(toml('[health.web]\ncommand = "true"\n'))).toContain('command')
    expect(message(toml('[health."we b"]\n'))).toContain('names no process type')
  })

  test('of app.json count as Dokku has them, and what is not done is said', () => {
    const made = plan(
      json({
        healthchecks: {
          web: [
            { type: 'startup', path: '/', content: 'hello', attempts: 5 },
            {
              type: 'liveness',
              path: '/alive',
              wait: 20,
              httpHeaders: [{ name: 'Host', value: 'example.com' }],
            },
            { type: 'readiness', command: ['true'] },
          ],
        },
      }),
    )
    expect(made.release.health?.['web']).toMatchObject({
      startup: { path: '/', body: 'hello' },
      liveness: { path: '/alive', host: 'example.com', interval: 20, failures: 3 },
      readiness: null,
    })
    expect(made.notes.map(({ code }) => code)).toContain('health.command')
  })
})

describe('cron entries', () => {
  test('come from skypanel.toml, by name or by what they do', () => {
    const { cron } = plan(
      toml(`
[[cron]]
name = "nightly"
schedule = "0 3 * * *"
command = "echo night"
overlap = "allow"
[[cron]]
schedule = "@hourly"
command = "echo hour"
`),
    ).release
    expect(cron).toMatchObject([
      { name: 'nightly', schedule: '0 3 * * *', overlap: 'allow', size: null, from: 'skypanel.toml' },
      { schedule: '@hourly', command: 'echo hour', overlap: 'skip' },
    ])
    expect(cron?.[1]?.name).toMatch(/^[0-9a-f]{8}$/)
  })

  test('come from app.json as Dokku has them', () => {
    const { cron } = plan(
      json({
        cron: [
          { command: 'a', schedule: '@daily' },
          { command: 'b', schedule: '5 * * * *', concurrency_policy: 'allow' },
          { command: 'a', schedule: '@daily' },
        ],
      }),
    ).release
    expect(cron?.map(({ command, overlap }) => [command, overlap])).toEqual([
      ['a', 'skip'],
      ['b', 'allow'],
      ['a', 'skip'],
    ])
    expect(new Set(cron?.map(({ name }) => name)).size).toBe(3)
  })

  test('that are wrong are refused by place', () => {
    expect(message(toml('[[cron]]\nschedule = "@daily"\n'))).toContain('cron entry 1 command')
    expect(message(toml('[[cron]]\nschedule = "@daily"\ncommand = "a"\noverlap = "kill"\n'))).toBe(
      'skypanel.toml: cron entry 1 overlap: is "skip" or "allow"',
    )
    const two = '[[cron]]\nname = "a"\nschedule = "@daily"\ncommand = "a"\n'
    expect(message(toml(two + two))).toBe('skypanel.toml: two cron entries are called a')
  })
})
