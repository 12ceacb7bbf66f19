import { createServer } from 'node:http'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EventParser, type ServerEvent } from '../../cli/event-stream.ts'
import { startLogs } from '../../runtime/logs/start.ts'
import { startApi, type TestApi } from '../../test/support/api.ts'
import { askUnix } from '../ipc/unix-request.ts'

let api: TestApi
let token: string
let app: string
let logs: { close(): void }
let agentSocket: string

/** The real process that keeps the logs. */
const openLogs = async () => {
  const { home, logsSocket } = api.deps.config.paths
  logs = await startLogs({
    instances: join(home, 'instances'),
    logs: join(home, 'logs'),
    socket: logsSocket,
    say: () => undefined,
  })
}
const append = (...texts: string[]) =>
  askUnix({
    socket: api.deps.config.paths.logsSocket,
    method: 'POST',
    path: `/apps/${app}/lines`,
    body: { lines: texts.map((text) => ({ process: 'api', text })) },
  })

beforeAll(async () => {
  api = await startApi((deps) => {
    agentSocket = deps.config.paths.agentSocket
    return {
      ...deps,
      deploy: { ...deps.deploy, attachPath: async () => ({ socket: agentSocket, path: '/v1/attach/x' }) },
    }
  })
  token = (await api.account('ada@example.org')).token
  app = String((await api.call('POST', '/api/apps', { token, body: { name: 'shop' } })).body.id)
  await mkdir(join(api.deps.config.home, 'instances'))
  await openLogs()
})
afterAll(async () => {
  logs.close()
  await api[Symbol.asyncDispose]()
})

/** Reads events until there are as many; then it goes away, as a client does. */
async function read(
  query: string,
  count: number,
  headers: Record<string, string> = {},
  meanwhile?: (seen: number) => Promise<unknown>,
): Promise<ServerEvent[]> {
  const gone = new AbortController()
  const response = await fetch(`${api.url}/api/apps/shop/logs?${query}`, {
    headers: { Authorization: `Bearer ${token}`, ...headers },
    signal: gone.signal,
  })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const parser = new EventParser()
  const events: ServerEvent[] = []
  const decoder = new TextDecoder()
  await meanwhile?.(0)
  for await (const chunk of response.body ?? []) {
    events.push(...parser.push(decoder.decode(chunk as Uint8Array, { stream: true })))
    if (events.length >= count) break
    await meanwhile?.(events.length)
  }
  gone.abort()
  return events
}
const texts = (events: ServerEvent[]) => events.map(({ data }) => (JSON.parse(data) as { text: string }).text)

describe('the log of an app', () => {
  it('gives the last lines and ends', async () => {
    await append('one', 'two', 'three')
    expect(texts(await read('lines=2', 99))).toEqual(['two', 'three'])
  })

  it('goes on with what comes, and resumes after the last line that was seen', async () => {
    await append('four')
    const events = await read('lines=1&follow=true', 2, {}, (seen) =>
      seen === 1 ? append('five') : Promise.resolve(),
    )
    expect(texts(events)).toEqual(['four', 'five'])
    await append('six', 'seven')
    expect(texts(await read('lines=1&follow=true', 2, { 'Last-Event-ID': events[1]?.id ?? '' }))).toEqual([
      'six',
      'seven',
    ])
  })

  it('goes on over a restart of the process that keeps it, missing nothing', async () => {
    await append('before')
    const events = await read('lines=1&follow=true', 3, {}, async (seen) => {
      if (seen !== 1) return
      logs.close()
      await openLogs()
      await append('after', 'later')
    })
    expect(texts(events)).toEqual(['before', 'after', 'later'])
  })

  it('is empty for an app that never said anything', async () => {
    await api.call('POST', '/api/apps', { token, body: { name: 'silent' } })
    const response = await api.call('GET', '/api/apps/silent/logs', { token })
    expect(response).toMatchObject({ status: 200, body: { text: '' } })
  })

  it('that cannot be read is an error like any other', async () => {
    logs.close()
    const { logsSocket } = api.deps.config.paths
    expect(await api.call('GET', '/api/apps/shop/logs', { token })).toMatchObject({
      status: 503,
      body: { id: 'node_unavailable' },
    })
    await openLogs()
    expect(logsSocket).toBe(api.deps.config.paths.logsSocket)
  })
})

describe('an attached run', () => {
  const ask = (headers: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
      let text = ''
      socket.setEncoding('latin1')
      socket.on('data', (data: string) => {
        text += data
        if (text.includes('ping')) socket.end()
      })
      socket.on('close', () => resolve(text))
      socket.on('error', reject)
      const run = '01890a5d-ac96-774b-bcce-b302099a8057'
      socket.write(
        `GET /api/apps/shop/runs/${run}/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: skypanel-run\r\n${headers}\r\nping`,
      )
    })

  it('is joined with the node, bytes in both directions', async () => {
    const agent = createServer()
    agent.on('upgrade', (request, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: skypanel-run\r\n\r\nhello ${request.url} `,
      )
      socket.pipe(socket)
    })
    await mkdir(dirname(agentSocket), { recursive: true })
    await new Promise<void>((resolve) => agent.listen(agentSocket, resolve))
    const text = await ask(`Authorization: Bearer ${token}\r\n`)
    expect(text).toMatch(/^HTTP\/1\.1 101 /)
    expect(text.endsWith('hello /v1/attach/x ping')).toBe(true)
    await new Promise((resolve) => agent.close(resolve))
  })

  it('is refused without a token, to strangers, and to pages of others', async () => {
    const stranger = (await api.account('stranger@example.org')).token
    expect(await ask('')).toMatch(/^HTTP\/1\.1 401 [\s\S]*"unauthorized"/)
    expect(await ask(`Authorization: Bearer ${stranger}\r\n`)).toMatch(
      /^HTTP\/1\.1 404 [\s\S]*"app_not_found"/,
    )
    expect(await ask(`Authorization: Bearer ${token}\r\nOrigin: http://evil.example\r\n`)).toMatch(
      /^HTTP\/1\.1 403 /,
    )
  })

  it('says so when its node is away', async () => {
    expect(await ask(`Authorization: Bearer ${token}\r\n`)).toMatch(
      /^HTTP\/1\.1 503 [\s\S]*"node_unavailable"/,
    )
  })
})
