import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'
import { separateProber } from './probe-client.ts'

test('a prober of its own tells when an app is up, and each time its health changes', async () => {
  let status = 200
  const server = createServer((_, response) => void response.writeHead(status).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const failures: unknown[] = []
  const prober = separateProber({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }, (error) =>
    failures.push(error),
  )
  const probe = {
    path: '/up',
    host: null,
    status: [[200, 299]] as [number, number][],
    body: null,
    timeout: 1,
  }
  const target = { address: '127.0.0.1', port, probe }
  const told: string[] = []
  prober.watch('a', target, () => told.push('ready'))
  await vi.waitUntil(() => told.length === 1, 20_000)
  const pace = { interval: 0.02, failures: 2, successes: 1 }
  prober.check('a/readiness', target, pace, true, (ok, why) => told.push(ok ? 'well' : why))
  status = 500
  await vi.waitUntil(() => told.length === 2, 20_000)
  status = 200
  await vi.waitUntil(() => told.length === 3, 20_000)
  expect(told).toEqual(['ready', 'was answered with 500', 'well'])
  expect(failures).toEqual([])
  prober.close()
  server.close()
})
