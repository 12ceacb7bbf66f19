import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { appEndpoints } from '../server/contract/apps.ts'
import { refuseName } from '../server/domain/app-names.ts'
import { formationEndpoints } from '../server/contract/formation.ts'
import { sampleApp, sampleFormation } from '../test/support/api-samples.ts'
import { type ApiServer, Refusal } from '../test/support/api-server.ts'
import type { CliBench } from '../test/support/cli.ts'
import { inCliWorlds } from '../test/support/cli-world.ts'

let api: ApiServer
let bench: CliBench
let repository: string
inCliWorlds({ SKYPANEL_TOKEN: 'good' }, (world) => ({ api, bench } = world))
beforeEach(async () => {
  repository = join(bench.folder, 'shop')
  await mkdir(repository)
  await bench.git(['init', '-q', '-b', 'main'], { cwd: repository })
  api.on(appEndpoints.create, ({ body }) =>
    sampleApp(body.name ?? 'calm-sea-42', { git_url: `${api.origin}/git/${body.name}.git` }),
  )
})

const config = async (name: string) =>
  (await bench.git(['config', '--local', '--get-all', name], { cwd: repository })).stdout

describe('create', () => {
  it('prints the addresses and sets the git remote with a credential helper instead of a password', async () => {
    const done = await bench.run(['create', 'shop'], { cwd: repository })
    expect(done).toEqual({
      code: 0,
      stdout: `http://shop.skypanel.localhost:8080/ | ${api.origin}/git/shop.git\n`,
      stderr: 'Creating shop… done, shop\nGit remote skypanel is set. Deploy with: git push skypanel main\n',
    })
    expect(await config('remote.skypanel.url')).toBe(`${api.origin}/git/shop.git\n`)
    const helper = await config(`credential.${api.origin}.helper`)
    expect(helper).toMatch(/^\n!.*git-credentials --host http:\/\/localhost:\d+\n$/)
    expect(helper).not.toContain('good')
  })

  it('lets git find the token by itself', async () => {
    await bench.run(['create', 'shop'], { cwd: repository })
    const url = new URL(api.origin)
    const { stdout } = await bench.git(['credential', 'fill'], {
      cwd: repository,
      input: `protocol=http\nhost=${url.host}\n\n`,
    })
    expect(stdout).toContain('username=skypanel\npassword=good\n')
  })

  it('gives one document with --json, and makes up a name without one', async () => {
    const { code, stdout } = await bench.run(['apps:create', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'calm-sea-42',
      web_url: 'http://calm-sea-42.skypanel.localhost:8080/',
    })
    expect(JSON.parse(stdout)).toHaveProperty('git_url')
    expect(api.calls[0]?.body).toEqual({})
  })

  it('leaves the repository alone with --no-remote, and a remote that leads elsewhere', async () => {
    await bench.run(['create', 'shop', '--no-remote'], { cwd: repository })
    expect(await config('remote.skypanel.url')).toBe('')
    await bench.git(['remote', 'add', 'skypanel', 'https://elsewhere/git/x.git'], { cwd: repository })
    const { code, stderr } = await bench.run(['create', 'shop'], { cwd: repository })
    expect(code).toBe(0)
    expect(stderr).toContain('already leads to https://elsewhere/git/x.git and is left alone')
    expect(await config('remote.skypanel.url')).toBe('https://elsewhere/git/x.git\n')
  })

  it('passes on once why a name is refused and what to do', async () => {
    for (const [id, message] of [
      ['name_taken', 'The name shop is taken. Choose another one.'],
      ['name_invalid', refuseName('Shop') ?? ''],
    ] as const) {
      api.on(appEndpoints.create, () => {
        throw new Refusal(id, message)
      })
      expect(await bench.run(['create', 'shop'], { cwd: repository })).toEqual({
        code: 1,
        stdout: '',
        stderr: `Creating shop… failed\n ▸    ${message}\n`,
      })
    }
    expect(await config('remote.skypanel.url')).toBe('')
  })
})

describe('apps and info', () => {
  it('lists apps as lines that can be cut', async () => {
    const release = { version: 7, commit: null, description: 'x', created_at: '2026-11-21T12:00:00Z' }
    api.on(appEndpoints.list, () => [sampleApp('shop', { release }), sampleApp('blog')])
    expect((await bench.run(['apps'])).stdout).toBe(
      'NAME  TEAM  RELEASE  URL\nshop  ada   v7       http://shop.skypanel.localhost:8080/\nblog  ada   –        http://blog.skypanel.localhost:8080/\n',
    )
    api.on(appEndpoints.list, () => [])
    expect(await bench.run(['apps'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'You have no apps yet. Make one: skypanel create\n',
    })
    expect((await bench.run(['apps', '--json'])).stdout).toBe('[]\n')
  })

  it('finds the app by the git remote of the folder', async () => {
    api.on(appEndpoints.info, ({ params }) => sampleApp(params.app))
    api.on(formationEndpoints.list, () => [sampleFormation('web', 2)])
    await bench.run(['create', 'shop'], { cwd: repository })
    const { stdout } = await bench.run(['info'], { cwd: repository })
    expect(stdout).toContain('=== shop\nWeb URL:       http://shop.skypanel.localhost:8080/\n')
    expect(stdout).toContain('Processes:     web: 2\n')
    const other = await bench.run(['info', '--app', 'blog'], { cwd: repository })
    expect(other.stdout).toContain('=== blog\n')
  })

  it('says what to do when no app is meant, or none is there', async () => {
    const none = await bench.run(['info'])
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('No app is named.')
    api.on(appEndpoints.info, ({ params }) => {
      throw new Refusal('app_not_found', `There is no app ${params.app}.`)
    })
    api.on(formationEndpoints.list, ({ params }) => {
      throw new Refusal('app_not_found', `There is no app ${params.app}.`)
    })
    expect(await bench.run(['info', 'nope'])).toEqual({
      code: 1,
      stdout: '',
      stderr: ' ▸    There is no app nope.\n ▸\n ▸    See the apps you have: skypanel apps\n',
    })
  })
})

describe('destroy', () => {
  beforeEach(() => {
    api.on(appEndpoints.info, ({ params }) =>
      sampleApp(params.app, { git_url: `${api.origin}/git/${params.app}.git` }),
    )
    api.on(appEndpoints.destroy, ({ params }) => sampleApp(params.app, { state: 'destroying' }))
  })

  it('needs the name again, and removes the remote that led to it', async () => {
    await bench.run(['create', 'shop'], { cwd: repository })
    const done = await bench.run(['apps:destroy', '--confirm', 'shop'], { cwd: repository })
    expect(done).toEqual({ code: 0, stdout: '', stderr: 'Destroying shop… done\n' })
    expect(api.calls.at(-1)).toMatchObject({ method: 'DELETE', path: '/api/apps/shop?confirm=shop' })
    expect(await config('remote.skypanel.url')).toBe('')
  })

  it('destroys nothing on another word or without a terminal to ask on', async () => {
    const wrong = await bench.run(['destroy', 'shop', '--confirm', 'shop2'])
    expect(wrong).toMatchObject({ code: 1, stderr: ' ▸    "shop2" is not shop; nothing is destroyed.\n' })
    const silent = await bench.run(['destroy', 'shop'])
    expect(silent.code).toBe(2)
    expect(silent.stderr).toContain('skypanel destroy shop --confirm shop')
    expect(api.calls.filter(({ method }) => method === 'DELETE')).toEqual([])
  })

  it('takes the name typed on a terminal', async () => {
    let answered = false
    const { code, stdout } = await bench.runOnTerminal(['destroy', 'shop'], {
      onStdout: (text, child) => {
        if (answered || !text.includes('go on: ')) return
        answered = true
        child.write('shop\r')
      },
    })
    expect(stdout).toContain('Destroying shop… done')
    expect(code).toBe(0)
  })
})

describe('the command line itself', () => {
  it('answers --version at once and without a platform', async () => {
    const { code, stdout } = await bench.run(['--version'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^skypanel\/\d+\.\d+\.\d+ \S+-\S+ node-v\d+/)
  })

  it('groups its help by topic and explains each command with examples', async () => {
    const { stdout } = await bench.run([])
    expect(stdout).toMatch(/Apps:\n {2}apps +list your apps\n {2}create \[name\]/)
    expect(stdout).not.toContain('git-credentials')
    const { stdout: one } = await bench.run(['help', 'config', 'set'])
    expect(one).toContain('Examples:\n  $ skypanel config:set MODE=fast COLOUR=blue\n')
  })

  it.each([
    [['confg'], 'confg is not a skypanel command.', 'Did you mean config?'],
    [['help', 'relases'], 'relases is not a skypanel command.', 'Did you mean releases?'],
    [['apps', '--jsn'], "Unknown option '--jsn'.", 'Did you mean --json?'],
    [['config:get'], "Missing required argument 'name'.", 'skypanel help config:get'],
    [['apps', 'too', 'many'], 'Too many arguments', 'skypanel help apps'],
  ])('tells wrong usage of %j with exit code 2', async (args, what, next) => {
    const { code, stdout, stderr } = await bench.run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(what)
    expect(stderr).toContain(next)
  })

  it('says that nothing answers, with the exit code of what is not available', async () => {
    const { origin } = api
    await api.stop()
    expect(await bench.run(['apps'])).toEqual({
      code: 69,
      stdout: '',
      stderr: ` ▸    Nothing answers at ${origin}.\n ▸\n ▸    Is the platform running? Type: npm start\n`,
    })
  })

  it('resolves names below localhost itself', async () => {
    api.on(appEndpoints.list, () => [])
    const { code } = await bench.run(['apps', '--host', `http://panel.skypanel.localhost:${api.port}`])
    expect(code).toBe(0)
  })

  it('completes commands whose names have colons in bash', async () => {
    const { stdout } = await bench.run(['completion', 'bash'])
    const probe = 'COMP_LINE="skypanel config:s" COMP_POINT=17; _skypanel; echo "${COMPREPLY[*]}"'
    const { stdout: words, stderr } = await bench.git([
      '-c',
      `alias.probe=!bash -c '${`${stdout}\n${probe}`.replaceAll("'", `'\\''`)}'`,
      'probe',
    ])
    expect(stderr).toBe('')
    expect(words).toBe('set\n')
  })

  it.each(['zsh', 'fish'])('prints a completion script for %s', async (shell) => {
    const { code, stdout } = await bench.run(['completion', shell])
    expect(code).toBe(0)
    expect(stdout).toContain('config')
    expect(stdout).not.toContain('git-credentials')
  })
})
