import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActionRunner, commandsOf } from '../support/action-runner.ts'
import { TestPlatform, type TestApp } from '../support/platform.ts'
import { cuttingProxy, freePort, servedBy } from '../support/served-by.ts'

let platform: TestPlatform
let runner: ActionRunner
beforeAll(async () => {
  platform = await TestPlatform.load()
  runner = await ActionRunner.load(platform)
})
afterAll(async () => {
  runner[Symbol.dispose]()
  await platform[Symbol.asyncDispose]()
})

describe('a build that fails', () => {
  it('becomes annotations beside the code and a summary, and changes nothing', async () => {
    const app = await platform.app('express')
    await app.deploy()
    const served = await app.live()
    await app.become('broken-build')
    await mkdir(join(app.folder, 'src'))
    await app.write('src/cart.js', 'exports.total = () => price\n')
    const { code, log, outputs, summary } = await runner.run(app.folder, runner.inputs(app.name))
    expect(code).toBe(1)
    const errors = commandsOf(log).filter((line) => line.startsWith('::error'))
    expect(errors).toHaveLength(2)
    expect(errors[0]).toMatch(/^::error file=src\/cart\.js,line=12,title=Build error::.*price is not defined/)
    expect(errors[1]).toMatch(/^::error title=Push rejected::Push rejected: .+/)
    expect(outputs).toEqual({})
    expect(summary).toContain(`### ${app.name}: Push rejected`)
    expect(summary).toContain('price is not defined')
    expect(await app.live()).toBe(served)
    expect(await app.text('/version')).toBe('one')
    await app.forget()
  })

  it('is one error for the whole when it names no file of the checkout', async () => {
    const app = await platform.app('crash-at-boot')
    const { code, log } = await runner.run(app.folder, runner.inputs(app.name))
    expect(code).toBe(1)
    const errors = commandsOf(log).filter((line) => line.startsWith('::error'))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(/^::error title=Push rejected::/)
    await app.forget()
  })
})

describe('the action says what is wrong and what to do', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await platform.app('static')
  })
  afterAll(() => app.forget())

  const failing = async (given: Readonly<Record<string, string>>, workspace = app.folder) => {
    const { code, log, summary } = await runner.run(workspace, given)
    expect(code).toBe(1)
    const errors = commandsOf(log).filter((line) => line.startsWith('::error'))
    expect(errors).toHaveLength(1)
    expect(summary).not.toBe('')
    return { log, error: errors[0] ?? '' }
  }

  it('when the token is wrong', async () => {
    const wrong = `skp_${'x'.repeat(43)}`
    const { log, error } = await failing(runner.inputs(app.name, { token: wrong }))
    expect(error).toMatch(/^::error title=Wrong token::.*skypanel tokens:create/)
    expect(log.split('\n')[0]).toBe(`::add-mask::${wrong}`)
    expect(log.replace(`::add-mask::${wrong}`, '')).not.toContain(wrong)
  })

  it('when the host is away, after it tried again', async () => {
    const { log, error } = await failing(
      runner.inputs(app.name, { host: `http://127.0.0.1:${await freePort()}` }),
    )
    expect(error).toMatch(/^::error title=Platform away::.*ECONNREFUSED.*nothing was changed/)
    expect(log.match(/asking again in \d+ s/g)).toHaveLength(5)
  })

  it('when the app does not exist', async () => {
    const { error } = await failing(runner.inputs('no-such-app-here'))
    expect(error).toMatch(/^::error title=App not found::.*create: true/)
  })

  it('when the host is not a platform', async () => {
    await using page = await servedBy((_incoming, outgoing) => {
      outgoing.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>It works!</h1>')
    })
    const { error } = await failing(runner.inputs(app.name, { host: page.origin }))
    expect(error).toMatch(/^::error title=Not a SkyPanel platform::.*the address of the panel/)
  })

  it('when the host is an app and not the panel', async () => {
    const { error } = await failing(runner.inputs(app.name, { host: platform.facts.routerHttp }))
    expect(error).toMatch(/^::error title=The platform refused::.*not of an app/)
  })

  it('when the host sends it elsewhere, and sends the token nowhere', async () => {
    const asked: string[] = []
    await using elsewhere = await servedBy((incoming, outgoing) => {
      asked.push(incoming.url ?? '')
      outgoing.end()
    })
    await using host = await servedBy((_incoming, outgoing) => {
      outgoing.writeHead(301, { Location: `${elsewhere.origin}/api/apps` }).end()
    })
    const { error } = await failing(runner.inputs(app.name, { host: host.origin }))
    expect(error).toContain(`Set the input host to ${elsewhere.origin}`)
    expect(asked).toEqual([])
  })

  it('when another branch than the deploy branch is asked for', async () => {
    const { error } = await failing(runner.inputs(app.name, { branch: 'production' }))
    expect(error).toMatch(/^::error title=Another deploy branch::.*main/)
  })

  it('when there is nothing to deploy', async () => {
    const empty = join(runner.folder, 'empty')
    await mkdir(empty)
    const { error } = await failing(runner.inputs(app.name), empty)
    expect(error).toMatch(/^::error title=Nothing to deploy::.*actions\/checkout/)
  })

  it('when there is no git', async () => {
    const { code, log } = await runner.run(app.folder, runner.inputs(app.name), { PATH: '/nonexistent' })
    expect(code).toBe(1)
    expect(commandsOf(log)).toContainEqual(expect.stringMatching(/^::error title=No git::/))
  })
})

describe('a push that does not go straight', () => {
  it('is followed to its end when its connection is cut in the middle of the build', async () => {
    const app = await platform.app('express')
    const cuts: string[] = []
    await using proxy = await servedBy(cuttingProxy(new URL(platform.facts.api), cuts))
    const { code, log, outputs } = await runner.run(
      app.folder,
      runner.inputs(app.name, { host: proxy.origin }),
    )
    expect(log).toContain('The connection broke')
    expect({ code, cuts: cuts.length }).toEqual({ code: 0, cuts: 1 })
    expect(log).toMatch(/Released v\d+/)
    expect(log.match(/^::group::Building on/gm)).toHaveLength(1)
    expect(log.match(/^::group::Launching/gm)).toHaveLength(1)
    expect(outputs['release']).toBe(String(await app.live()))
    expect(await app.text('/version')).toBe('one')
    await app.forget()
  })

  it('succeeds when a second workflow deploys the same commit at the same time', async () => {
    const app = await platform.app('static')
    using second = await ActionRunner.load(platform)
    const runs = await Promise.all(
      [runner, second].map((one) => one.run(app.folder, runner.inputs(app.name))),
    )
    expect(runs.map(({ code }) => code)).toEqual([0, 0])
    expect(runs.map(({ outputs }) => outputs)).toEqual(Array(2).fill(runs[0]?.outputs))
    expect(runs[0]?.outputs['release']).toBe(String(await app.live()))
    await app.forget()
  })
})
