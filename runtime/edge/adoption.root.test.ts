import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CONSUL_PATIENCE_MS, realConsul } from '../../test/support/consul.ts'
import { eventually } from '../../test/support/registry-suite.ts'
import { fakeInstance, hostTable, instanceAt, startRouter } from '../../test/support/router.ts'

const SHOP = 'shop.skypanel.localhost'
let router: Awaited<ReturnType<typeof startRouter>>
let consul: Awaited<ReturnType<typeof realConsul>> | null = null
const servers: Awaited<ReturnType<typeof fakeInstance>>[] = []

beforeAll(async () => {
  router = await startRouter({ registry: 'auto' })
  servers.push(await fakeInstance('127.89.0.1', 'one'), await fakeInstance('127.89.0.2', 'two'))
}, CONSUL_PATIENCE_MS)
afterAll(async () => {
  await router.close()
  await consul?.close()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

/** Calls all the time; what was answered by whom, and what failed. */
function load() {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const failures: string[] = []
  const answered = new Map<string, number>()
  let running = true
  const call = () =>
    new Promise<void>((resolve) => {
      const options = { host: '127.0.0.1', port: router.http, headers: { host: SHOP }, agent }
      const outgoing = request(options, (reply) => {
        let body = ''
        reply.on('data', (part: Buffer) => (body += part.toString()))
        reply.on('end', () => {
          if (reply.statusCode !== 200) failures.push(`${reply.statusCode} ${body.slice(0, 80)}`)
          const name = body.split(' ')[0] ?? ''
          answered.set(name, (answered.get(name) ?? 0) + 1)
          resolve()
        })
      })
      outgoing.on('error', (error) => {
        failures.push(error.message)
        resolve()
      })
      outgoing.end()
    })
  const clients = [1, 2, 3].map(async () => {
    while (running) {
      await call()
      await sleep(5)
    }
  })
  return {
    failures,
    answered,
    async stop() {
      running = false
      await Promise.all(clients)
      agent.destroy()
    },
  }
}

test('adopting Consul, losing it, its data and getting it back loses no request, and who left stays out', async () => {
  const directory = router.directory()
  const { consulHttp: http, consulRpc: rpc, consulSerf: serf } = router.installation.ports
  const [one, two] = [instanceAt(1, '127.89.0.1'), instanceAt(2, '127.89.0.2')]
  /** As an agent does it: the directory always, Consul where it answers. */
  const publish = async (...instances: (typeof one)[]) => {
    await directory.putInstances({ complete: true, node: 'one', instances })
    await consul?.registry.publish('one', instances).catch(() => undefined)
  }
  const active = () => directory.state().registry
  await directory.putHosts(hostTable(1, { [SHOP]: {} }))
  await publish(one)
  const clients = load()
  expect(active()).toBe('embedded')

  consul = await realConsul({ http, rpc, serf }, router.installation.id)
  await publish(one)
  await eventually(active, (registry) => registry === 'consul')

  await publish(one, two)
  await eventually(() => clients.answered.has('two'), Boolean)

  await consul.stop()
  await eventually(active, (registry) => registry === 'embedded')
  await publish(two)
  await sleep(500)
  const before = clients.answered.get('one')
  await consul.start()
  // It comes back with what it knew: an instance that has left meanwhile.
  await sleep(1500)
  expect(clients.answered.get('one')).toBe(before)
  await publish(two)
  await eventually(active, (registry) => registry === 'consul')

  await consul.stop()
  consul.wipe()
  await consul.start()
  await sleep(1500)
  await eventually(
    () => publish(two).then(active),
    (registry) => registry === 'consul',
  )
  await clients.stop()
  expect(clients.failures).toEqual([])
  expect(clients.answered.get('one')).toBe(before)
})
