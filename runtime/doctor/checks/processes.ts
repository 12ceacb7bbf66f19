import { processTable } from '../../setup/process-table.ts'
import { known, supervisionOf } from '../../setup/setup-context.ts'
import { readClaims } from '../../setup/steps/installation.ts'
import { hasNamespace } from '../../supervisor/mount-namespace.ts'
import { isReady } from '../../supervisor/process.ts'
import { fail, ok, warn, type Check } from '../check.ts'
import { bounds } from '../../setup/free-range.ts'

export const processes: Check = {
  name: 'processes',
  about: 'platform',
  async run(context) {
    const status = new Map((await supervisionOf(context).status()).map((process) => [process.name, process]))
    if (status.size === 0) return warn('the platform does not run', 'Type: npm start')
    const table = (await processTable(context)).filter(
      ({ restart, needs }) => restart === 'always' && needs === null,
    )
    for (const process of table) {
      const found = status.get(process.name)
      if (found?.state !== 'running')
        return fail(
          `${process.name} does not run${found === undefined || found.reason === '' ? '' : `: ${found.reason}`}`,
          `See ${context.at.processLogs}/${process.name}.log, then npm start`,
        )
      if (!(await isReady(process.ready)))
        return fail(
          `${process.name} runs and does not answer`,
          `See ${context.at.processLogs}/${process.name}.log`,
        )
    }
    const restarted = [...status.values()]
      .filter(({ restarts }) => restarts > 2)
      .map(({ name, restarts }) => `${name} ${restarts} times`)
    return restarted.length === 0
      ? ok(`${table.length} answer`)
      : warn(`started again: ${restarted.join(', ')}`, `See the logs in ${context.at.processLogs}`)
  },
}

export const mountNamespace: Check = {
  name: 'mount namespace',
  about: 'platform',
  run: async ({ options }) =>
    (await hasNamespace(options.home))
      ? ok('holds the store as /nix')
      : fail('it is gone (after a reboot?)', 'Type: npm start'),
}

/** Two installations that took the same range would route into each other. */
export const collisions: Check = {
  name: 'installations',
  about: 'platform',
  async run(context) {
    const own = known(context.installation, 'the installation')
    const claims = await readClaims()
    if (!claims.some(({ id, home }) => id === own.id && home === own.home))
      return fail(
        `installation ${own.id} has no claim on this machine`,
        'Was home copied from elsewhere? Set up a new one and restore a backup into it',
      )
    const mine = bounds(own.range)
    for (const other of claims.filter(({ id }) => id !== own.id)) {
      const theirs = bounds(other.range)
      if (mine !== null && theirs !== null && mine.first <= theirs.last && theirs.first <= mine.last)
        return fail(`${own.range} is also the range of ${other.home}`, 'Uninstall one of the two')
    }
    return ok(`${claims.length} on this machine`)
  },
}
