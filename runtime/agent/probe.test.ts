import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Probe } from '../../server/contract/health-checks.ts'
import { ask, faultOf, startupProbe, tally } from './probe.ts'

const probe = (more: Partial<Probe> = {}): Probe => ({
  path: '/',
  host: null,
  status: [[200, 299]],
  body: null,
  timeout: 1,
  ...more,
})
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections()
})

async function app(answer: Parameters<typeof createServer>[1]): Promise<{ address: string; port: number }> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

describe('a probe', () => {
  test('takes the statuses that it is told to take', () => {
    expect(faultOf(probe(), 204, '')).toBeNull()
    expect(faultOf(probe(), 301, '')).toBe('was answered with 301')
    const two: Probe = probe({
      status: [
        [200, 200],
        [300, 399],
      ],
    })
    expect(faultOf(two, 301, '')).toBeNull()
    expect(faultOf(two, 204, '')).toBe('was answered with 204')
  })

  test('without any settings is good below 400', () => {
    const asked = startupProbe({ path: '/health', port: 1, bootTimeout: 1 })
    expect(faultOf(asked, 302, '')).toBeNull()
    expect(faultOf(asked, 400, '')).toBe('was answered with 400')
  })

  test('looks for its text in the body, and sends its Host header', async () => {
    const at = await app((request, response) => response.end(`ok for ${request.headers.host}`))
    expect(await ask({ ...at, probe: probe({ body: 'ok for example.com', host: 'example.com' }) })).toBeNull()
    expect(await ask({ ...at, probe: probe({ body: 'fine' }) })).toBe('was answered without "fine" in it')
  })

  test('is not kept waiting by an app that never ends its answer', async () => {
    const at = await app((_, response) => void response.write('a'))
    expect(await ask({ ...at, probe: probe({ timeout: 0.1, body: 'b' }) })).toBe(
      'was not answered within 0.1 s',
    )
    expect(await ask({ ...at, probe: probe({ timeout: 0.1 }) })).toBeNull()
  })

  test('of a port only needs a connection', async () => {
    const at = await app((_, response) => void response.writeHead(500).end())
    expect(await ask({ ...at, probe: probe({ path: null }) })).toBeNull()
    expect(await ask({ address: '127.0.0.1', port: 1, probe: probe({ path: null }) })).toBe('was refused')
  })
})

describe('a check', () => {
  const pace = { interval: 1, failures: 3, successes: 2 }
  const course = (answers: string) => {
    let now = { ok: true, against: 0 }
    return answers.split('').map((answer) => {
      now = tally(now, answer === '+', pace)
      return now.ok ? '+' : '-'
    })
  }
  test('turns only after so many answers in a row', () => {
    expect(course('--+--+---+-++').join('')).toBe('++++++++----+')
  })
})
