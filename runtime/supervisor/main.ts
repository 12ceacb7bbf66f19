import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { CLEAN_ENV } from '../exec.ts'
import { startDetached } from './detached.ts'
import { Installation, paths } from '../installation.ts'
import { serveControl, type Answer } from './control.ts'
import { Daemon } from './daemon.ts'
import { holdDnsSocket } from './dns-socket.ts'
import { Process } from './process.ts'

/** The supervisor where systemd is not PID 1: `main.js --home H --version V [--dns-fd 3]`. */
const { values } = parseArgs({
  options: { home: { type: 'string' }, version: { type: 'string' }, 'dns-fd': { type: 'string' } },
})
if (values.home === undefined || values.version === undefined)
  throw new Error('usage: main.js --home <folder> --version <version>')
const at = paths(values.home)
const version = values.version
const installation = Installation.parse(JSON.parse(await readFile(at.installation, 'utf8')))
const log = (text: string) => process.stdout.write(`${new Date().toISOString()} ${text}\n`)

const inherited =
  values['dns-fd'] === undefined ? null : await holdDnsSocket({ fd: Number(values['dns-fd']) })
const daemon = new Daemon({
  installation: installation.id,
  logs: at.processLogs,
  dnsPort: installation.ports.dns,
  dns: inherited,
  log,
})
const tableFile = join(at.run, 'table.json')
const last = await readFile(tableFile, 'utf8').catch(() => '[]')
let table = z.array(Process).safeParse(JSON.parse(last)).data ?? []
await daemon.findRunning(table)

// The terminal's signals end `npm start`, not what it started.
process.on('SIGINT', () => log('SIGINT ignored'))
process.on('SIGHUP', () => log('SIGHUP ignored'))
const logs = setInterval(() => void daemon.capLogs(), 30_000)

const answer = (): Answer => ({ version, error: null, processes: daemon.status() })
const server = await serveControl(at.supervisorSocket, async (order) => {
  switch (order.op) {
    case 'status':
      return answer()
    case 'apply':
      await daemon.exclusive(async () => {
        const others = order.exact
          ? []
          : table.filter(({ name }) => !order.table.some((process) => process.name === name))
        table = [...others, ...order.table]
        await writeFile(`${tableFile}.new`, JSON.stringify(table), { mode: 0o600 })
        await rename(`${tableFile}.new`, tableFile)
        await daemon.apply(order.table, order.exact)
      })
      return answer()
    case 'stop':
      await daemon.exclusive(async () => await daemon.stop(order.names))
      return answer()
    case 'restart':
      await daemon.exclusive(async () => await daemon.restart(order.names))
      return answer()
    case 'shutdown':
      await daemon.exclusive(async () => await daemon.stopAll())
      setImmediate(end)
      return answer()
    case 'handover': {
      await daemon.exclusive(async () => {
        const fd = daemon.dnsFd
        // The socket file goes first: the successor refuses to start beside one that answers.
        server.close()
        await startDetached([...order.argv, ...(fd === null ? [] : ['--dns-fd', '3'])], {
          env: CLEAN_ENV,
          output: `${at.processLogs}/supervisor.log`,
          fds: fd === null ? [] : [fd],
        })
      })
      setImmediate(end)
      return answer()
    }
  }
})
log(`supervisor ${version} of installation ${installation.id} is up as ${process.pid}`)

function end(): void {
  clearInterval(logs)
  server.close()
  // The answer to the last order is still being written.
  setTimeout(() => process.exit(0), 50)
}
