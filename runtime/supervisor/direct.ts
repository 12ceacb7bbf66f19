import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CLEAN_ENV } from '../exec.ts'
import { startDetached } from './detached.ts'
import { paths } from '../installation.ts'
import { ask, type Answer, type Order, WentAway } from './control.ts'
import type { Supervision } from './supervision.ts'

/** Our own supervisor as seen by setup. It is started by the first `apply`, never by a question. */
export function directSupervision(options: {
  readonly home: string
  readonly version: string
  readonly node: string
}): Supervision {
  const at = paths(options.home)
  const versionName = options.version.split('/').at(-1) ?? options.version
  const argv = [
    options.node,
    '--max-semi-space-size=2',
    join(options.version, 'runtime/supervisor/main.js'),
    '--home',
    options.home,
    '--version',
    versionName,
  ]

  const answers = async (wanted: string) => {
    const deadline = Date.now() + 10_000
    for (;;) {
      const answer = await ask(at.supervisorSocket, { op: 'status' }).catch(() => null)
      if (answer?.version === wanted) return
      if (Date.now() > deadline)
        throw new Error(`The supervisor does not answer. Look into ${join(at.processLogs, 'supervisor.log')}`)
      await sleep(15)
    }
  }

  /** For orders that may be given twice: one that met the end of a supervisor is given to its successor. */
  const askAgain = async (what: Order): Promise<Answer | null> => {
    for (let round = 0; ; round++) {
      try {
        return await ask(at.supervisorSocket, what)
      } catch (error) {
        if (!(error instanceof WentAway) || round === 10) throw error
        await sleep(50)
      }
    }
  }

  /** Makes sure that a supervisor of this version answers; an older one hands over without stopping anything. */
  const ensure = async () => {
    const answer = await askAgain({ op: 'status' })
    if (answer?.version === versionName) return
    await mkdir(at.processLogs, { recursive: true })
    if (answer === null)
      await startDetached(argv, { env: CLEAN_ENV, output: join(at.processLogs, 'supervisor.log') })
    // It may be gone before its answer is through; whether the other one is up is asked below.
    else await ask(at.supervisorSocket, { op: 'handover', argv }).catch(() => null)
    await answers(versionName)
  }

  const order = async (what: Order): Promise<Answer> => {
    const answer = await askAgain(what)
    if (answer === null) throw new Error('The supervisor does not run. Type: npm start')
    return answer
  }

  return {
    kind: 'direct',
    async apply(table, { exact }) {
      await ensure()
      await order({ op: 'apply', table: [...table], exact })
    },
    async status() {
      return (await askAgain({ op: 'status' }))?.processes ?? []
    },
    async stop(names) {
      await order({ op: 'stop', names: [...names] })
    },
    async restart(names) {
      await order({ op: 'restart', names: [...names] })
    },
    async shutdown() {
      // A supervisor that was killed left its processes; a new one finds them in order to end them.
      await ensure()
      await ask(at.supervisorSocket, { op: 'shutdown' })
      for (let i = 0; i < 500; i++) {
        if ((await ask(at.supervisorSocket, { op: 'status' }).catch(() => null)) === null) break
        await sleep(20)
      }
      await rm(at.supervisorSocket, { force: true })
    },
    async remove() {
      // Everything of it lies below home.
    },
  }
}
