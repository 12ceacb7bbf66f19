import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LivePage } from '../../test/support/live.ts'
import { type LiveWorld, soon, startLiveWorld } from '../../test/support/live-world.ts'
import { BuildId } from '../contract/ids.ts'
import { appendLines } from '../store/builds.ts'

let world: LiveWorld
beforeAll(async () => {
  world = await startLiveWorld()
})
afterEach(() => world.closePages())
afterAll(() => world[Symbol.asyncDispose]())

describe('a log that is followed', () => {
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`)
  const texts = (page: LivePage) =>
    page.lines.map(({ text }) => text).filter((text) => /^line \d+$/.test(text))
  const follow = (page: LivePage, after: number | null, lines = 10_000) =>
    page.socket.emitWithAck('follow', { stream: { kind: 'log', app: world.app }, after, lines })

  it('loses no line and doubles none over a cut connection and a restart of the server', async () => {
    await world.print(...numbers(1, 300))
    const page = await world.connected(world.ada)
    await follow(page, null)
    await soon(() => texts(page).length).toBe(300)
    // The cut: the transport goes away under the page, while lines go on coming.
    page.socket.io.engine.close()
    await world.print(...numbers(301, 600))
    await soon(() => page.life.filter((step) => step === 'connected').length).toBe(2)
    await follow(page, page.lines.at(-1)?.seq ?? null)
    await soon(() => texts(page).length).toBe(600)
    const restarted = world.api.restart()
    await world.print(...numbers(601, 900))
    await restarted
    await soon(() => page.life.filter((step) => step === 'connected').length).toBe(3)
    await follow(page, page.lines.at(-1)?.seq ?? null)
    await world.print(...numbers(901, 1000))
    await soon(() => texts(page).length).toBe(1000)
    expect(texts(page)).toEqual(numbers(1, 1000))
    const seqs = page.lines.map(({ seq }) => seq)
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
  })

  it('begins with as many of the last lines as were asked for', async () => {
    const page = await world.connected(world.ada)
    await follow(page, null, 5)
    await soon(() => texts(page)).toEqual(numbers(996, 1000))
  })

  it('waits for a slow page, and then gives it everything in few large parts', async () => {
    const page = await world.connected(world.ada)
    await follow(page, null, 0)
    page.quick = false
    await world.print('line 1001')
    await soon(() => page.parts).toEqual([1])
    for (let from = 1002; from <= 6001; from += 1000) await world.print(...numbers(from, from + 999))
    const other = await world.connected(world.ada)
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
        await world.ask(
          world.ada,
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
    await world.api.db.query(
      `INSERT INTO builds (id, app_id, commit_sha, ref, old_sha, author, stack) VALUES ($1, $2, $3, 'main', '', 'ada', 's')`,
      [build, world.app, 'a'.repeat(40)],
    )
    await appendLines(world.api.db, build, numbers(1, 2500), null)
    const page = await world.connected(world.ada)
    const stream = { kind: 'build-log', app: 'shop', build } as const
    const reply = await page.socket.emitWithAck('follow', { stream, after: null, lines: 500 })
    await soon(() => texts(page)).toEqual(numbers(2001, 2500))
    await appendLines(world.api.db, build, numbers(2501, 2600), null)
    world.buildIsOver = true
    await soon(() => page.ended).toEqual([{ stream: reply.ok ? reply.stream : '', error: null }])
    expect(texts(page)).toEqual(numbers(2001, 2600))
    const lines = await world.ask(
      world.ada,
      'GET',
      `/api/apps/shop/builds/${build}/lines?before=2001&lines=1500`,
    )
    expect((lines.body as unknown as { text: string }[]).map(({ text }) => text)).toEqual(numbers(501, 2000))
  })

  it('is one of a few on each connection', async () => {
    const page = await world.connected(world.ada)
    const replies = []
    for (let i = 0; i < 9; i++) replies.push(await follow(page, null, 0))
    expect(replies.map(({ ok }) => ok)).toEqual([...Array<boolean>(8).fill(true), false])
    const [first] = replies
    if (first?.ok === true) await page.socket.emitWithAck('unfollow', { stream: first.stream })
    expect(await follow(page, null, 0)).toMatchObject({ ok: true })
  })
})
