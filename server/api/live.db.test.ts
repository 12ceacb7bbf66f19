import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Browser, PANEL } from '../../test/support/api.ts'
import type { LivePage } from '../../test/support/live.ts'
import { type LiveWorld, soon, startLiveWorld } from '../../test/support/live-world.ts'

let world: LiveWorld
beforeAll(async () => {
  world = await startLiveWorld()
})
afterEach(() => world.closePages())
afterAll(() => world[Symbol.asyncDispose]())

const setVar = (name: string, value: string, of = 'shop') =>
  world.ask(world.ada, 'PATCH', `/api/apps/${of}/config-vars`, { [name]: value })
const addMember = (email: string) =>
  world.api.db.query(
    `INSERT INTO memberships (team_id, account_id, role)
     SELECT apps.team_id, accounts.id, 'member' FROM apps, accounts WHERE apps.name = 'shop' AND accounts.email = $1`,
    [email],
  )
const removeMember = (email: string) =>
  world.api.db.query(
    `DELETE FROM memberships USING accounts, apps WHERE account_id = accounts.id AND memberships.team_id = apps.team_id
        AND apps.name = 'shop' AND accounts.email = $1`,
    [email],
  )
const topicsOf = (page: LivePage, of = world.app) =>
  page.changed.flatMap((event) => (event.kind === 'app' && event.app === of ? event.topics : []))
/** What the page hears until now has been told: notices come in the order of commits. */
async function settled(page: LivePage, browser: Browser): Promise<void> {
  const before = page.changed.length
  await world.ask(browser, 'POST', '/api/apps', {})
  await soon(() => page.changed.length).toBeGreaterThan(before)
}

describe('a live connection', () => {
  it('is let in by a session on a page of the panel, by either transport', async () => {
    await world.connected(world.ada)
    await world.connected(world.ada, 'polling')
  })

  it('is refused without a session, and says so in the words of the API', async () => {
    const page = world.open({ Origin: PANEL, Cookie: `skypanel_session=sks_${'x'.repeat(43)}` })
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
      Object.entries({ ...world.ada.headers, ...changes }).filter(([, value]) => value !== undefined),
    )
    const page = world.open(headers as Record<string, string>, transport)
    await soon(() => page.life.length).toBeGreaterThan(0)
    expect(new Set(page.life)).toEqual(new Set(['refused ']))
  })

  it('takes nonsense without harm, too much with a refusal, and huge messages not at all', async () => {
    const page = await world.connected(world.ada)
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
    const page = await world.connected(world.ada)
    expect(await page.socket.emitWithAck('watch', { app: 'shop' })).toEqual({ ok: true, app: world.app })
    await setVar('TOLD', 'a value that no event holds')
    await soon(() => topicsOf(page)).toContain('config-vars')
    expect(JSON.stringify(page.changed)).not.toContain('value')
    expect(JSON.stringify(page.changed)).not.toContain('TOLD')
  })

  it('is told of every app of the own teams as far as a list shows it', async () => {
    const page = await world.connected(world.ada)
    const made = await world.createApp('listed')
    await soon(() => topicsOf(page, made)).toEqual(['app'])
    await world.ask(world.ada, 'DELETE', '/api/apps/listed?confirm=listed')
    await soon(() => topicsOf(page, made).length).toBeGreaterThan(1)
    await setVar('QUIET', '1')
    await settled(page, world.ada)
    expect(topicsOf(page)).toEqual([])
  })

  it('is told to nobody else: a foreign app is refused as if it did not exist', async () => {
    const eve = await world.api.browser('eve@example.org')
    const page = await world.connected(eve)
    const [theirs, none, byId] = await Promise.all(
      ['shop', 'none', world.app].map((name) => page.socket.emitWithAck('watch', { app: name })),
    )
    const plain = (reply: unknown) => JSON.stringify(reply).replace(/shop|none/, '…')
    expect(theirs).toMatchObject({ ok: false, id: 'app_not_found' })
    expect(plain(theirs)).toBe(plain(none))
    expect(byId).toMatchObject({ ok: false, id: 'app_not_found' })
    const followed = await page.socket.emitWithAck('follow', {
      stream: { kind: 'log', app: world.app },
      after: null,
    })
    expect(followed).toMatchObject({ ok: false, id: 'app_not_found' })
    await setVar('SECRET', '1')
    await world.createApp('also-hidden')
    await settled(page, eve)
    expect(page.changed.every((event) => event.kind === 'app' && event.app !== world.app)).toBe(true)
    const own = (await world.ask(eve, 'GET', '/api/apps')).body as unknown as { id: string }[]
    expect(own.map(({ id }) => id)).toEqual(page.changed.map((event) => 'app' in event && event.app))
  })

  it('is told no longer to who does not watch any more', async () => {
    const page = await world.connected(world.ada)
    await page.socket.emitWithAck('watch', { app: 'shop' })
    await page.socket.emitWithAck('watch', { app: world.app })
    await page.socket.emitWithAck('unwatch', { app: 'shop' })
    await setVar('STILL', '1')
    await soon(() => topicsOf(page)).toEqual(['config-vars'])
    await page.socket.emitWithAck('unwatch', { app: world.app })
    await setVar('GONE', '1')
    await settled(page, world.ada)
    expect(topicsOf(page)).toEqual(['config-vars'])
  })

  it('may have been missed while the database was away, and then everything is asked again', async () => {
    const page = await world.connected(world.ada)
    await world.api.gate.shut()
    await world.api.gate.open()
    await soon(() =>
      page.changed.some((event) => event.kind === 'account' && event.topics.includes('all')),
    ).toBe(true)
    expect(page.life).toEqual(['connected'])
  })
})

describe('what was granted is taken back', () => {
  it('at once when the session is ended from elsewhere, and the page does not come back', async () => {
    const phone = await world.api.browser('ada@example.org')
    const [page, other] = [await world.connected(phone), await world.connected(world.ada)]
    await world.ask(world.ada, 'DELETE', `/api/account/sessions/${phone.id}`)
    await soon(() => page.life).toEqual(['connected', 'revoked', 'cut io server disconnect'])
    expect(page.socket.active).toBe(false)
    await soon(() =>
      other.changed.some((event) => event.kind === 'account' && event.topics.includes('sessions')),
    ).toBe(true)
    expect(other.socket.connected).toBe(true)
  })

  it('from a member who is removed: rooms and logs end, the connection stays', async () => {
    await addMember('bob@example.org')
    const bob = await world.api.browser('bob@example.org')
    const page = await world.connected(bob)
    expect(await page.socket.emitWithAck('watch', { app: 'shop' })).toMatchObject({ ok: true })
    const followed = await page.socket.emitWithAck('follow', {
      stream: { kind: 'log', app: 'shop' },
      after: null,
    })
    expect(followed).toMatchObject({ ok: true })
    await world.print('bob may read this')
    await soon(() => page.lines.map(({ text }) => text)).toContain('bob may read this')
    await removeMember('bob@example.org')
    await soon(() => page.ended).toMatchObject([{ error: { id: 'app_not_found' } }])
    const heard = topicsOf(page).length
    await world.print('bob may not read this')
    await setVar('AFTER_BOB', '1')
    await settled(page, bob)
    expect(topicsOf(page)).toHaveLength(heard)
    expect(JSON.stringify(page.lines)).not.toContain('may not')
    expect(page.life).toEqual(['connected'])
  })

  it('and given to a member who joins, without a new connection', async () => {
    const bob = await world.api.browser('bob@example.org')
    const page = await world.connected(bob)
    await addMember('bob@example.org')
    await soon(() =>
      page.changed.some((event) => event.kind === 'account' && event.topics.includes('account')),
    ).toBe(true)
    const made = await world.createApp('after-joining')
    await soon(() => topicsOf(page, made)).toEqual(['app'])
    await removeMember('bob@example.org')
  })
})

describe('many pages', () => {
  it('each hear once of what changed, of many changes together', async () => {
    const many = await Promise.all(Array.from({ length: 300 }, () => world.connected(world.ada)))
    await Promise.all(many.map((page) => page.socket.emitWithAck('watch', { app: 'shop' })))
    await world.api.db.transaction(async (tx) => {
      for (let i = 0; i < 200; i++)
        await tx.query(`INSERT INTO env_vars (app_id, name, sealed) VALUES ($1, $2, '')`, [
          world.app,
          `MANY_${i}`,
        ])
    })
    await soon(() => many.filter((page) => topicsOf(page).length > 0).length).toBe(300)
    const [first] = many
    if (first !== undefined) await settled(first, world.ada)
    expect(many.every((page) => topicsOf(page).length === 1)).toBe(true)
    await world.api.db.query(`DELETE FROM env_vars WHERE name LIKE 'MANY_%'`)
  })
})
