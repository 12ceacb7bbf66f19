import { once } from 'node:events'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, request, type RequestListener } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActionRunner, commandsOf } from '../support/action-runner.ts'
import { CHECKOUT } from '../support/cli.ts'
import { TestPlatform, type TestApp, until } from '../support/platform.ts'

let platform: TestPlatform
let runner: ActionRunner
let token: string
beforeAll(async () => {
  platform = await TestPlatform.load()
  runner = new ActionRunner()
  token = (await readFile(platform.facts.tokenFile, 'utf8')).trim()
})
afterAll(async () => {
  runner[Symbol.dispose]()
  await platform[Symbol.asyncDispose]()
})

const inputs = (app: string, more: Readonly<Record<string, string>> = {}) => ({
  host: new URL(platform.facts.api).origin,
  token,
  app,
  ...more,
})

const head = async (app: TestApp) => (await app.git('rev-parse', 'HEAD')).stdout.trim()

/** As actions/checkout leaves it: the newest commit alone, no branch. */
async function shallowCheckout(app: TestApp, depth = 1): Promise<string> {
  const folder = join(runner.folder, `checkout-${Math.random().toString(36).slice(2)}`)
  const cloned = await platform.cli.git(
    ['clone', '-q', '--depth', String(depth), `file://${app.folder}`, folder],
    {},
  )
  expect(cloned).toMatchObject({ code: 0 })
  await platform.cli.git(['-C', folder, 'checkout', '-q', '--detach'], {})
  return folder
}

describe('the action on a checkout with its history', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await platform.app('express')
  })
  afterAll(() => app.forget())

  it('deploys the commit, shows the build by stages, tells outputs and a summary', async () => {
    const { code, log, stderr, outputs, summary } = await runner.run(
      app.folder,
      inputs(app.name, { 'healthcheck-path': '/version' }),
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const commit = await head(app)
    expect(outputs).toEqual({
      release: String(await app.live()),
      url: expect.stringMatching(new RegExp(`^http://${app.host}/?$`)),
      commit,
    })
    expect(await app.text('/version')).toBe('one')
    const commands = commandsOf(log)
    expect(commands).toContain(`::add-mask::${token}`)
    expect(commands).toContainEqual(expect.stringMatching(/^::group::Building on the .* stack$/))
    expect(commands).toContainEqual(expect.stringMatching(/^::group::Node.js app detected/))
    expect(commands.filter((line) => line.startsWith('::group::'))).toHaveLength(
      commands.filter((line) => line === '::endgroup::').length,
    )
    expect(log).toContain('/version answers 200')
    expect(log.replace(`::add-mask::${token}`, '')).not.toContain(token)
    expect(summary).toContain(`### ${app.name} is live`)
    expect(summary).toContain(commit)
  })

  it('says that nothing is to be done when the commit is live, and succeeds', async () => {
    const before = await app.releases()
    const { code, log, outputs, summary } = await runner.run(app.folder, inputs(app.name))
    expect(code).toBe(0)
    expect(log).toContain('Nothing to deploy')
    expect(log).not.toContain('::group::')
    expect(outputs).toMatchObject({ release: String(await app.live()), commit: await head(app) })
    expect(summary).toContain('is live already')
    expect(await app.releases()).toEqual(before)
  })

  it('deploys a commit anew that the branch names but a rollback took out of service', async () => {
    await app.write('version.txt', 'two\n')
    expect((await runner.run(app.folder, inputs(app.name))).code).toBe(0)
    await app.run(['rollback'])
    expect(await app.text('/version')).toBe('one')
    const { code, outputs } = await runner.run(app.folder, inputs(app.name))
    expect(code).toBe(0)
    expect(await app.text('/version')).toBe('two')
    expect(outputs['release']).toBe(String(await app.live()))
    expect((await app.releases())[0]).toMatchObject({ commit: outputs['commit'], state: 'live' })
  })

  it('goes back to an older commit when that is what was checked out', async () => {
    await app.git('checkout', '-q', 'HEAD~1')
    const { code, outputs } = await runner.run(app.folder, inputs(app.name))
    expect(code).toBe(0)
    expect(outputs['commit']).toBe(await head(app))
    expect(await app.text('/version')).toBe('one')
    await app.git('checkout', '-q', 'main')
  })

  it('fails when the app does not answer its path, and says that the release is live', async () => {
    await app.write('version.txt', 'three\n')
    const { code, log, summary } = await runner.run(
      app.folder,
      inputs(app.name, { 'healthcheck-path': '/nothing-here', wait: '2' }),
    )
    expect(code).toBe(1)
    expect(commandsOf(log)).toContainEqual(
      expect.stringMatching(/^::error title=App not healthy::The release is live, but .*status 404/),
    )
    expect(summary).toContain('App not healthy')
    expect(await app.text('/version')).toBe('three')
  })

  it('obeys no command that a build prints', async () => {
    const manifest = JSON.parse(await readFile(join(app.folder, 'package.json'), 'utf8')) as {
      scripts?: Record<string, string>
    }
    await app.put({
      'loud.js': [
        `console.log('::set-output name=release::666')`,
        `console.log('::error file=index.js,line=1::injected')`,
        `console.log('##[error]injected too')`,
        `console.log('::stop-commands::mine')`,
        `console.log('hello\\r::warning::after a return')`,
        '',
      ].join('\n'),
      'package.json': JSON.stringify({
        ...manifest,
        scripts: { ...manifest.scripts, build: 'node loud.js' },
      }),
    })
    await app.commit('::error::from the subject')
    const { code, log, outputs } = await runner.run(app.folder, inputs(app.name))
    expect(code).toBe(0)
    expect(log).toContain('::error file=index.js,line=1::injected')
    const commands = commandsOf(log).join('\n')
    for (const text of ['injected', 'set-output', 'mine', 'after a return', 'from the subject'])
      expect(commands).not.toContain(text)
    expect(outputs['release']).toBe(String(await app.live()))
  })
})

describe('a build that fails', () => {
  it('becomes annotations beside the code and a summary, and changes nothing', async () => {
    const app = await platform.app('express')
    await app.deploy()
    const served = await app.live()
    await app.become('broken-build')
    await mkdir(join(app.folder, 'src'))
    await app.write('src/cart.js', 'exports.total = () => price\n')
    const { code, log, outputs, summary } = await runner.run(app.folder, inputs(app.name))
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
    const { code, log } = await runner.run(app.folder, inputs(app.name))
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
    const { log, error } = await failing(inputs(app.name, { token: wrong }))
    expect(error).toMatch(/^::error title=Wrong token::.*skypanel tokens:create/)
    expect(log.split('\n')[0]).toBe(`::add-mask::${wrong}`)
    expect(log.replace(`::add-mask::${wrong}`, '')).not.toContain(wrong)
  })

  it('when the host is away, after it tried again', async () => {
    const { log, error } = await failing(inputs(app.name, { host: `http://127.0.0.1:${await freePort()}` }))
    expect(error).toMatch(/^::error title=Platform away::.*ECONNREFUSED.*nothing was changed/)
    expect(log.match(/asking again in \d+ s/g)).toHaveLength(5)
  })

  it('when the app does not exist', async () => {
    const { error } = await failing(inputs('no-such-app-here'))
    expect(error).toMatch(/^::error title=App not found::.*create: true/)
  })

  it('when the host is not a platform', async () => {
    await using page = await servedBy((_incoming, outgoing) => {
      outgoing.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>It works!</h1>')
    })
    const { error } = await failing(inputs(app.name, { host: page.origin }))
    expect(error).toMatch(/^::error title=Not a SkyPanel platform::.*the address of the panel/)
  })

  it('when the host is an app and not the panel', async () => {
    const { error } = await failing(inputs(app.name, { host: platform.facts.routerHttp }))
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
    const { error } = await failing(inputs(app.name, { host: host.origin }))
    expect(error).toContain(`Set the input host to ${elsewhere.origin}`)
    expect(asked).toEqual([])
  })

  it('when another branch than the deploy branch is asked for', async () => {
    const { error } = await failing(inputs(app.name, { branch: 'production' }))
    expect(error).toMatch(/^::error title=Another deploy branch::.*main/)
  })

  it('when there is nothing to deploy', async () => {
    const empty = join(runner.folder, 'empty')
    await mkdir(empty)
    const { error } = await failing(inputs(app.name), empty)
    expect(error).toMatch(/^::error title=Nothing to deploy::.*actions\/checkout/)
  })

  it('when there is no git', async () => {
    const { code, log } = await runner.run(app.folder, inputs(app.name), { PATH: '/nonexistent' })
    expect(code).toBe(1)
    expect(commandsOf(log)).toContainEqual(expect.stringMatching(/^::error title=No git::/))
  })
})

it('an app is made with create: true, deployed from a branch of its own, and destroyed with destroy: true', async () => {
  await using world = await platform.app('static').then((app) => ({
    app,
    [Symbol.asyncDispose]: () => app.forget(),
  }))
  const name = `${world.app.name.slice(0, 20)}-pr-7`
  const made = await runner.run(world.app.folder, inputs(name, { create: 'true', branch: 'preview' }))
  expect(made.code).toBe(0)
  expect(made.log).toContain(`Made the app ${name}`)
  expect(made.outputs['release']).toBe('1')
  const host = new URL(made.outputs['url'] ?? '').host
  expect((await platform.fetch(host)).text).toContain('hello from a folder')

  const gone = await runner.run(world.app.folder, inputs(name, { destroy: 'true' }))
  expect(gone).toMatchObject({ code: 0 })
  expect(gone.summary).toContain(`${name} was destroyed`)
  await until(
    'the end of the app',
    () => runner.run(world.app.folder, inputs(name, { destroy: 'true' })),
    ({ log }) => log.includes('nothing to destroy'),
  )
})

describe('a checkout without history', () => {
  it('of one commit is deployed as a snapshot, the same one each time', async () => {
    const app = await platform.app('static')
    await app.write('second.html', 'two')
    const checkout = await shallowCheckout(app)
    const first = await runner.run(checkout, inputs(app.name))
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.log).toContain('fetch-depth: 0')
    expect(await app.text('/second.html')).toBe('two')
    const [release] = await app.releases()
    expect(release).toMatchObject({ state: 'live', commit: first.outputs['commit'] })
    expect(release?.description).toContain('change second.html')
    const again = await runner.run(await shallowCheckout(app), inputs(app.name))
    expect(again.log).toContain('Nothing to deploy')
    expect(again.outputs).toEqual(first.outputs)
    await app.forget()
  })

  it('that reaches back to what the platform has is pushed as it is', async () => {
    const app = await platform.app('static')
    await app.deploy()
    await app.write('second.html', 'two')
    const checkout = await shallowCheckout(app, 2)
    const { code, log, outputs } = await runner.run(checkout, inputs(app.name))
    expect(code).toBe(0)
    expect(log).not.toContain('snapshot')
    expect(outputs['commit']).toBe(await head(app))
    await app.forget()
  })

  it('that does not reach back that far is tried, and becomes a snapshot', async () => {
    const app = await platform.app('static')
    for (const word of ['two', 'three', 'four']) await app.write('second.html', word)
    const checkout = await shallowCheckout(app, 2)
    const { code, log } = await runner.run(checkout, inputs(app.name))
    expect(code).toBe(0)
    expect(log).toContain('pushed as a snapshot')
    expect(await app.text('/second.html')).toBe('four')
    await app.forget()
  })
})

describe('a folder', () => {
  it('of a checkout is deployed as the commit has it, and its errors are placed below it', async () => {
    const app = await platform.app(null)
    await cp(join(CHECKOUT, 'test', 'apps', 'broken-build'), join(app.folder, 'shop'), { recursive: true })
    await cp(join(CHECKOUT, 'test', 'apps', 'static'), join(app.folder, 'pages'), { recursive: true })
    await mkdir(join(app.folder, 'shop', 'src'))
    await app.write('shop/src/cart.js', '')
    await writeFile(join(app.folder, 'pages', 'not-committed.html'), 'no')
    const good = await runner.run(app.folder, inputs(app.name, { directory: 'pages' }))
    expect(good).toMatchObject({ code: 0 })
    expect((await app.fetch('/')).text).toContain('hello from a folder')
    expect((await app.fetch('/not-committed.html')).status).toBe(404)
    const bad = await runner.run(app.folder, inputs(app.name, { directory: './shop/' }))
    expect(bad.code).toBe(1)
    expect(commandsOf(bad.log)).toContainEqual(
      expect.stringMatching(/^::error file=shop\/src\/cart\.js,line=12,/),
    )
    await app.forget()
  })

  it('that no commit knows is deployed as it lies there', async () => {
    const app = await platform.app(null)
    const made = join(runner.folder, 'made', 'site')
    await cp(join(CHECKOUT, 'test', 'apps', 'static'), made, { recursive: true })
    const { code } = await runner.run(join(runner.folder, 'made'), inputs(app.name, { directory: 'site' }))
    expect(code).toBe(0)
    expect((await app.fetch('/')).text).toContain('hello from a folder')
    await app.forget()
  })
})

describe('a push that does not go straight', () => {
  it('is followed to its end when its connection is cut in the middle of the build', async () => {
    const app = await platform.app('express')
    const cuts: string[] = []
    await using proxy = await servedBy(cuttingProxy(new URL(platform.facts.api), cuts))
    const { code, log, outputs } = await runner.run(app.folder, inputs(app.name, { host: proxy.origin }))
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
    using second = new ActionRunner()
    const runs = await Promise.all([runner, second].map((one) => one.run(app.folder, inputs(app.name))))
    expect(runs.map(({ code }) => code)).toEqual([0, 0])
    expect(runs.map(({ outputs }) => outputs)).toEqual(Array(2).fill(runs[0]?.outputs))
    expect(runs[0]?.outputs['release']).toBe(String(await app.live()))
    await app.forget()
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** An HTTP server of this test's own, on a free port of the loopback. */
async function servedBy(handler: RequestListener) {
  const server = createHttpServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    origin: `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Passes everything on to the platform, but ends the first push's connection as soon as the build has spoken. */
function cuttingProxy(to: URL, cuts: string[]): RequestListener {
  return (incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming
    const asking = request({ host: '127.0.0.1', port: to.port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('data', (data: Buffer) => {
        const cut = url.endsWith('/git-receive-pack') && cuts.length === 0 && data.includes('----->')
        if (cut) cuts.push(url)
        // Only what has left is an answer: a connection that ends before is tried again by git itself.
        outgoing.write(data, () => (cut ? outgoing.destroy() : undefined))
      })
      answer.on('end', () => outgoing.end())
    })
    asking.on('error', () => outgoing.destroy())
    incoming.pipe(asking)
  }
}
