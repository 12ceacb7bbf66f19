import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startLogs } from '../../runtime/logs/start.ts'
import { type Browser, PANEL, startApi, type TestApi } from '../../test/support/api.ts'
import { type LivePage, openLive } from '../../test/support/live.ts'
import { watchBuild } from '../build/watch-build.ts'
import { BuildId } from '../contract/ids.ts'
import { createBus } from '../deploy/bus.ts'
import { askUnix } from '../ipc/unix-request.ts'
import { appendLines } from '../store/builds.ts'

let api: TestApi
let ada: Browser
let app: string
let logs: { close(): void }
let buildIsOver = false

beforeAll(async () => {
  api = await startApi((deps) => {
    const bus = createBus(deps.db)
    return {
      ...deps,
      // The build's row is the test's own; its log is read as the platform reads it.
      deploy: {
        ...deps.deploy,
        build: async (_app, id) => ({ id: BuildId.parse(id) }) as never,
        watchBuildLog: (_app, build, after, signal) =>
          watchBuild({ db: deps.db, bus }, BuildId.parse(build), after, async () => buildIsOver, signal),
      },
    }
  })
  for (const name of ['ada', 'bob', 'eve']) await api.account(`${name}@example.org`)
  ada = await api.browser('ada@example.org')
  app = await createApp('shop')
  const { home, logsSocket } = api.deps.config.paths
  await mkdir(join(home, 'instances'))
  logs = await startLogs({
    instances: join(home, 'instances'),
    logs: join(home, 'logs'),
    socket: logsSocket,
    say: () => undefined,
  })
})
afterAll(async () => {
  logs.close()
  await api[Symbol.asyncDispose]()
})

/** Machines that test are busy; what takes seconds there is no fault. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 30_000, interval: 20 })

const pages: LivePage[] = []
afterEach(() => {
  for (const page of pages.splice(0)) page[Symbol.dispose]()
})
function open(headers: Readonly<Record<string, string>>, ...rest: ('websocket' | 'polling')[]): LivePage {
  const page = openLive(api.url, headers, rest.length === 0 ? ['websocket'] : rest)
  pages.push(page)
  return page
}
async function connected(browser: Browser, ...rest: ('websocket' | 'polling')[]): Promise<LivePage> {
  const page = open(browser.headers, ...rest)
  await soon(() => page.life).toContain('connected')
  return page
}

const ask = (browser: Browser, method: string, path: string, body?: unknown) =>
  api.call(method, path, {
    token: null,
    headers: { ...browser.headers },
    ...(body === undefined ? {} : { body }),
  })
const createApp = async (name: string) => String((await ask(ada, 'POST', '/api/apps', { name })).body.id)
const setVar = (name: string, value: string, of = 'shop') =>
  ask(ada, 'PATCH', `/api/apps/${of}/config-vars`, { [name]: value })
const addMember = (email: string) =>
  api.db.query(
    `INSERT INTO memberships (team_id, account_id, role)
     SELECT apps.team_id, accounts.id, 'member' FROM apps, accounts WHERE apps.name = 'shop' AND accounts.email = $1`,
    [email],
  )
const removeMember = (email: string) =>
  api.db.query(
    `DELETE FROM memberships USING accounts, apps WHERE account_id = accounts.id AND memberships.team_id = apps.team_id
        AND apps.name = 'shop' AND accounts.email = $1`,
    [email],
  )
const print = (...texts: string[]) =>
  askUnix({
    socket: api.deps.config.paths.logsSocket,
    method: 'POST',
    path: `/apps/${app}/lines`,
    body: { lines: texts.map((text) => ({ process: 'api', text })) },
  })
const topicsOf = (page: LivePage, of = app) =>
  page.changed.flatMap((event) => (event.kind === 'app' && event.app === of ? event.topics : []))
/** What the page hears until now has been told: notices come in the order of commits. */
async function settled(page: LivePage, browser: Browser): Promise<void> {
  const before = page.changed.length
  await ask(browser, 'POST', '/api/apps', {})
  await soon(() => page.changed.length).toBeGreaterThan(before)
}

describe('a live connection', () => {
  it('is let in by a session on a page of the panel, by either transport', async () => {
    await connected(ada)
    await connected(ada, 'polling')
  })

  it('is refused without a session, and says so in the words of the API', async () => {
    const page = open({ Origin: PANEL, Cookie: `skypanel_session=sks_${'x'.repeat(43)}` })
    await soon(() => page.life).toContain('refused unauthorized')
    expect(page.socket.active).toBe(false)
  })

  it.each([
    ['another origin', 'websocket', { Origin: 'https://shop.apps.example.org' }],
    ['no origin', 'websocket', { Origin: undefined }],
    ['another origin', 'polling', { Origin: 'https://shop.apps.example.org' }],
    ['another site', 'polling', { Origin: undefined, 'Sec-Fetch-Site': 'cross-site' }],
    ['a neighbour', 'polling', { Origin: undefined, 'Sec-Fetch-Site': 'same-site' }],
  ] as const)('is refused to %s by %s, whatever cookie it has', async (_, transport, changes) => {
    const headers = Object.fromEntries(
      Object.entries({ ...ada.headers, ...changes }).filter(([, value]) => value !== undefined),
    )
    const page = open(headers as Record<string, string>, transport)
    await soon(() => page.life.length).toBeGreaterThan(0)
    expect(new Set(page.life)).toEqual(new Set(['refused ']))
  })

  it('takes nonsense without harm, too much with a refusal, and huge messages not at all', async () => {
    const page = await connected(ada)
    const raw = page.socket as unknown as { emitWithAck(name: string, ...input: unknown[]): Promise<unknown> }
    for (const input of [null, 7, { app: '' }, { app: { $ne: 1 } }, []])
      expect(await raw.emitWithAck('watch', input)).toMatchObject({ ok: false, id: 'invalid_params' })
    expect(await page.socket.emitWithAck('watch', { app: '../../etc' })).toMatchObject({
      id: 'app_not_found',
    })
    const many = await Promise.all(
      Array.from({ length: 80 }, () => page.socket.emitWithAck('watch', { app: 'shop' })),
    )
    expect(many.filter((reply) => !reply.ok && reply.id === 'rate_limited').length).toBeGreaterThan(0)
    page.socket.emit('watch', { app: 'x'.repeat(100_000) }, () => undefined)
    await soon(() => page.life).toContain('cut transport close')
  })
})

describe('what changed', () => {
  it('is told to who watches, and holds nothing of what it is now', async () => {
    const page = await connected(ada)
    expect(await page.socket.emitWithAck('watch', { app: 'shop' })).toEqual({ ok: true, app })
    await setVar('TOLD', 'a value that no event holds')
    await soon(() => topicsOf(page)).toContain('config-vars')
    expect(JSON.stringify(page.changed)).not.toContain('value')
    expect(JSON.stringify(page.changed)).not.toContain('TOLD')
  })

  it('is told of every app of the own teams as far as a list shows it', async () => {
    const page = await connected(ada)
    const made = await createApp('listed')
    await soon(() => topicsOf(page, made)).toEqual(['app'])
    await ask(ada, 'DELETE', '/api/apps/listed?confirm=listed')
    await soon(() => topicsOf(page, made).length).toBeGreaterThan(1)
    await setVar('QUIET', '1')
    await settled(page, ada)
    expect(topicsOf(page)).toEqual([])
  })

  it('is told to nobody else: a foreign app is refused as if it did not exist', async () => {
    const eve = await api.browser('eve@example.org')
    const page = await connected(eve)
    const [theirs, none, byId] = await Promise.all(
      ['shop', 'none', app].map((name) => page.socket.emitWithAck('watch', { app: name })),
    )
    const plain = (reply: unknown) => JSON.stringify(reply).replace(/shop|none/, '…')
    expect(theirs).toMatchObject({ ok: false, id: 'app_not_found' })
    expect(plain(theirs)).toBe(plain(none))
    expect(byId).toMatchObject({ ok: false, id: 'app_not_found' })
    const followed = await page.socket.emitWithAck('follow', { stream: { kind: 'log', app }, after: null })
    expect(followed).toMatchObject({ ok: false, id: 'app_not_found' })
    await setVar('SECRET', '1')
    await createApp('also-hidden')
    await settled(page, eve)
    expect(page.changed.every((event) => event.kind === 'app' && event.app !== app)).toBe(true)
    const own = (await ask(eve, 'GET', '/api/apps')).body as unknown as { id: string }[]
    expect(own.map(({ id }) => id)).toEqual(page.changed.map((event) => 'app' in event && event.app))
  })

  it('is told no longer to who does not watch any more', async () => {
    const page = await connected(ada)
    await page.socket.emitWithAck('watch', { app: 'shop' })
    await page.socket.emitWithAck('watch', { app })
    await page.socket.emitWithAck('unwatch', { app: 'shop' })
    await setVar('STILL', '1')
    await soon(() => topicsOf(page)).toEqual(['config-vars'])
    await page.socket.emitWithAck('unwatch', { app })
    await setVar('GONE', '1')
    await settled(page, ada)
    expect(topicsOf(page)).toEqual(['config-vars'])
  })

  it('may have been missed while the database was away, and then everything is asked again', async () => {
    const page = await connected(ada)
    await api.gate.shut()
    await api.gate.open()
    await soon(() =>
      page.changed.some((event) => event.kind === 'account' && event.topics.includes('all')),
    ).toBe(true)
    expect(page.life).toEqual(['connected'])
  })
})

describe('what was granted is taken back', () => {
  it('at once when the session is ended from elsewhere, and the page does not come back', async () => {
    const phone = await api.browser('ada@example.org')
    const [page, other] = [await connected(phone), await connected(ada)]
    await ask(ada, 'DELETE', `/api/account/sessions/${phone.id}`)
    await soon(() => page.life).toEqual(['connected', 'revoked', 'cut io server disconnect'])
    expect(page.socket.active).toBe(false)
    await soon(() =>
      other.changed.some((event) => event.kind === 'account' && event.topics.includes('sessions')),
    ).toBe(true)
    expect(other.socket.connected).toBe(true)
  })

  it('from a member who is removed: rooms and logs end, the connection stays', async () => {
    await addMember('bob@example.org')
    const bob = await api.browser('bob@example.org')
    const page = await connected(bob)
    expect(await page.socket.emitWithAck('watch', { app: 'shop' })).toMatchObject({ ok: true })
    const followed = await page.socket.emitWithAck('follow', {
      stream: { kind: 'log', app: 'shop' },
      after: null,
    })
    expect(followed).toMatchObject({ ok: true })
    await print('bob may read this')
    await soon(() => page.lines.map(({ text }) => text)).toContain('bob may read this')
    await removeMember('bob@example.org')
    await soon(() => page.ended).toMatchObject([{ error: { id: 'app_not_found' } }])
    const heard = topicsOf(page).length
    await print('bob may not read this')
    await setVar('AFTER_BOB', '1')
    await settled(page, bob)
    expect(topicsOf(page)).toHaveLength(heard)
    expect(JSON.stringify(page.lines)).not.toContain('may not')
    expect(page.life).toEqual(['connected'])
  })

  it('and given to a member who joins, without a new connection', async () => {
    const bob = await api.browser('bob@example.org')
    const page = await connected(bob)
    await addMember('bob@example.org')
    await soon(() =>
      page.changed.some((event) => event.kind === 'account' && event.topics.includes('account')),
    ).toBe(true)
    const made = await createApp('after-joining')
    await soon(() => topicsOf(page, made)).toEqual(['app'])
    await removeMember('bob@example.org')
  })
})

describe('a log that is followed', () => {
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`)
  const texts = (page: LivePage) =>
    page.lines.map(({ text }) => text).filter((text) => /^line \d+$/.test(text))
  const follow = (page: LivePage, after: number | null, lines = 10_000) =>
    page.socket.emitWithAck('follow', { stream: { kind: 'log', app }, after, lines })

  it('loses no line and doubles none over a cut connection and a restart of the server', async () => {
    await print(...numbers(1, 300))
    const page = await connected(ada)
    await follow(page, null)
    await soon(() => texts(page).length).toBe(300)
    // The cut: the transport goes away under the page, while lines go on coming.
    page.socket.io.engine.close()
    await print(...numbers(301, 600))
    await soon(() => page.life.filter((step) => step === 'connected').length).toBe(2)
    await follow(page, page.lines.at(-1)?.seq ?? null)
    await soon(() => texts(page).length).toBe(600)
    const restarted = api.restart()
    await print(...numbers(601, 900))
    await restarted
    await soon(() => page.life.filter((step) => step === 'connected').length).toBe(3)
    await follow(page, page.lines.at(-1)?.seq ?? null)
    await print(...numbers(901, 1000))
    await soon(() => texts(page).length).toBe(1000)
    expect(texts(page)).toEqual(numbers(1, 1000))
    const seqs = page.lines.map(({ seq }) => seq)
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
  })

  it('begins with as many of the last lines as were asked for', async () => {
    const page = await connected(ada)
    await follow(page, null, 5)
    await soon(() => texts(page)).toEqual(numbers(996, 1000))
  })

  it('waits for a slow page, and then gives it everything in few large parts', async () => {
    const page = await connected(ada)
    await follow(page, null, 0)
    page.quick = false
    await print('line 1001')
    await soon(() => page.parts).toEqual([1])
    for (let from = 1002; from <= 6001; from += 1000) await print(...numbers(from, from + 999))
    const other = await connected(ada)
    await follow(other, null, 1)
    await soon(() => texts(other)).toEqual(['line 6001'])
    expect(page.parts).toEqual([1])
    page.acknowledge()
    await soon(() => texts(page).length).toBe(5001)
    expect(texts(page)).toEqual(numbers(1001, 6001))
    expect(page.parts.length).toBeLessThan(12)
  })

  it('is read backwards by parts that meet', async () => {
    const part = async (before: number | null, lines: number) =>
      (
        await ask(
          ada,
          'GET',
          `/api/apps/shop/logs/lines?lines=${lines}${before === null ? '' : `&before=${before}`}`,
        )
      ).body as unknown as { seq: number; text: string }[]
    const last = await part(null, 100)
    const before = await part(last[0]?.seq ?? null, 250)
    expect([...before, ...last].map(({ text }) => text)).toEqual(numbers(5652, 6001))
    expect(await part(1, 10)).toEqual([])
  })

  it('of a build ends with it, and is read in parts as well', async () => {
    const build = BuildId.parse(randomUUID())
    await api.db.query(
      `INSERT INTO builds (id, app_id, commit_sha, ref, old_sha, author, stack) VALUES ($1, $2, $3, 'main', '', 'ada', 's')`,
      [build, app, 'a'.repeat(40)],
    )
    await appendLines(api.db, build, numbers(1, 2500), null)
    const page = await connected(ada)
    const stream = { kind: 'build-log', app: 'shop', build } as const
    const reply = await page.socket.emitWithAck('follow', { stream, after: null, lines: 500 })
    await soon(() => texts(page)).toEqual(numbers(2001, 2500))
    await appendLines(api.db, build, numbers(2501, 2600), null)
    buildIsOver = true
    await soon(() => page.ended).toEqual([{ stream: reply.ok ? reply.stream : '', error: null }])
    expect(texts(page)).toEqual(numbers(2001, 2600))
    const lines = await ask(ada, 'GET', `/api/apps/shop/builds/${build}/lines?before=2001&lines=1500`)
    expect((lines.body as unknown as { text: string }[]).map(({ text }) => text)).toEqual(numbers(501, 2000))
  })

  it('is one of a few on each connection', async () => {
    const page = await connected(ada)
    const replies = []
    for (let i = 0; i < 9; i++) replies.push(await follow(page, null, 0))
    expect(replies.map(({ ok }) => ok)).toEqual([...Array<boolean>(8).fill(true), false])
    const [first] = replies
    if (first?.ok === true) await page.socket.emitWithAck('unfollow', { stream: first.stream })
    expect(await follow(page, null, 0)).toMatchObject({ ok: true })
  })
})

describe('many pages', () => {
  it('each hear once of what changed, of many changes together', async () => {
    const many = await Promise.all(Array.from({ length: 300 }, () => connected(ada)))
    await Promise.all(many.map((page) => page.socket.emitWithAck('watch', { app: 'shop' })))
    await api.db.transaction(async (tx) => {
      for (let i = 0; i < 200; i++)
        await tx.query(`INSERT INTO env_vars (app_id, name, sealed) VALUES ($1, $2, '')`, [app, `MANY_${i}`])
    })
    await soon(() => many.filter((page) => topicsOf(page).length > 0).length).toBe(300)
    const [first] = many
    if (first !== undefined) await settled(first, ada)
    expect(many.every((page) => topicsOf(page).length === 1)).toBe(true)
    await api.db.query(`DELETE FROM env_vars WHERE name LIKE 'MANY_%'`)
  })
})
