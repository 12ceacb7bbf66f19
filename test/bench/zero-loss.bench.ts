import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { commit, repository } from './floor.ts'
import { grouped } from './measure.ts'
import { OpenLoop } from './open-loop.ts'
import { Platform } from './platform.ts'

const DEPLOYS = Number(process.env['SKYPANEL_BENCH_DEPLOYS'] ?? 20)
const RATE = Number(process.env['SKYPANEL_BENCH_RATE'] ?? 500)

const app = fileURLToPath(new URL('../apps/express', import.meta.url))
const platform = await Platform.load()

/** Open WebSockets that echo once a second; counts those that were closed while we did not ask for it. */
class Sockets {
  readonly #sockets: WebSocket[] = []
  closed = 0
  #asked = false

  static async open(host: string, count: number): Promise<Sockets> {
    const sockets = new Sockets()
    const url = platform.facts.routerHttp.replace(/^http/, 'ws')
    for (let i = 0; i < count; i++) {
      const socket = new WebSocket(`${url}/socket`, { headers: { host } })
      await new Promise<void>((done, fail) => socket.once('open', done).once('error', fail))
      socket.on('error', () => undefined)
      socket.once('close', () => {
        if (!sockets.#asked) sockets.closed++
      })
      sockets.#sockets.push(socket)
    }
    return sockets
  }

  close(): void {
    this.#asked = true
    for (const socket of this.#sockets) socket.terminate()
  }
}

const folder = await repository(app)
const [deployed, other] = [await platform.createApp(), await platform.createApp()]
try {
  await platform.push(folder, other.git_url)
  await platform.push(folder, deployed.git_url)
  await platform.api('PATCH', `/apps/${deployed.name}/formation`, { updates: [{ type: 'web', quantity: 2 }] })
  const sockets = { own: await Sockets.open(deployed.host, 5), other: await Sockets.open(other.host, 5) }
  const load = new OpenLoop(platform.facts.routerHttp, deployed.host, RATE)
  const running = load.run()
  for (let number = 1; number <= DEPLOYS; number++) {
    await writeFile(join(folder, 'version.txt'), `d${number}`)
    await commit(folder, `d${number}`)
    await platform.push(folder, deployed.git_url)
  }
  await sleep(3000)
  await load.stop()
  await running
  const kinds = [...grouped(load.failures, (failure) => failure)].map(
    ([kind, all]) => `${all.length} × ${kind}`,
  )
  const ok = load.failures.length === 0 && sockets.other.closed === 0
  console.log(
    `${ok ? '✔' : '✘'} ${DEPLOYS} deploys at ${RATE} req/s: ${load.failures.length} of ${load.sent} requests failed${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}, ` +
      `${sockets.other.closed} of 5 WebSockets of the other app closed (of the deployed app: ${sockets.own.closed} of 5)  goal 0 and 0`,
  )
  sockets.own.close()
  sockets.other.close()
  process.exitCode = ok ? 0 : 1
} finally {
  for (const { name } of [deployed, other]) await platform.destroyApp(name)
  await rm(folder, { recursive: true, force: true })
}
