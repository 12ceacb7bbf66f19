import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { compile, compiled } from '../../test/support/compiled.ts'
import { addressesOf, queryPacket } from '../../test/support/dns.ts'
import { eventually } from '../../test/support/registry-suite.ts'
import { hostTable, instanceAt, testInstallation } from '../../test/support/router.ts'
import { holdDnsSocket } from '../supervisor/dns-socket.ts'
import { embeddedRegistry } from '../registry/embedded.ts'
import { paths } from '../installation.ts'

test('killed five times while it is asked, the directory answers every query, and from the first one rightly', async () => {
  const installation = await testInstallation()
  const at = paths(installation.home)
  mkdirSync(at.directory, { recursive: true })
  writeFileSync(at.installation, JSON.stringify(installation))
  const table = { ...hostTable(1, { 'shop.example.com': {} }) }
  writeFileSync(join(at.directory, 'hosts.json'), JSON.stringify(table))
  const nodes = [{ complete: true, node: 'one', instances: [instanceAt(1, '10.1.2.3')] }]
  writeFileSync(join(at.directory, 'instances.json'), JSON.stringify({ complete: true, nodes }))
  const held = await holdDnsSocket({ port: installation.ports.dns })
  compile()
  const launch = () =>
    spawn(process.execPath, [compiled('runtime/directory/main.ts'), '--home', installation.home], {
      stdio: ['ignore', 'ignore', 'ignore', held?.fd ?? 'ignore'],
      env: { ...process.env, SKYPANEL_DNS_FD: '3' },
    })
  let child = launch()
  onTestFinished(() => {
    child.kill('SIGKILL')
    held?.close()
    rmSync(installation.home, { recursive: true, force: true })
  })
  const asker = createSocket('udp4')
  const answers = new Map<number, string>()
  const ask = (id: number) =>
    asker.send(
      queryPacket('shop.example.com.route.skypanel.internal', 1, id),
      installation.ports.dns,
      '127.0.0.1',
    )
  asker.on('message', (reply) => answers.set(reply.readUInt16BE(0), addressesOf(reply).join(' ')))
  let asked = 0
  let asking = true
  const loop = (async () => {
    while (asking) {
      asked += 1
      ask(asked)
      await sleep(10)
    }
  })()
  const registry = embeddedRegistry(at.directorySocket)
  for (let kill = 0; kill < 5; kill += 1) {
    await eventually(
      () => registry.ping(),
      ({ ok }) => ok,
    )
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    await sleep(100)
    child = launch()
  }
  await eventually(
    () => registry.ping(),
    ({ ok }) => ok,
  )
  asking = false
  await loop
  // Who is killed between reading a query and answering it takes that one along; resolvers ask again.
  const open = () => Array.from({ length: asked }, (_, at) => at + 1).filter((id) => !answers.has(id))
  asked += 1
  ask(asked)
  await eventually(
    () => answers.has(asked),
    (answered) => answered,
  )
  expect(open().length).toBeLessThan(asked / 10)
  await eventually(
    () => {
      for (const id of open()) ask(id)
      return open().length
    },
    (count) => count === 0,
  )
  expect(new Set(answers.values())).toEqual(new Set(['10.1.2.3']))
  asker.close()
})
