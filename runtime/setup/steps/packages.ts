import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { tryRun } from '../../exec.ts'
import type { Step } from '../plan.ts'
import type { SetupContext } from '../setup-context.ts'
import { writeWhole } from '../stamp.ts'

const STATUS = '/var/lib/dpkg/status'
const stampOf = (phase: string) => `/var/lib/skypanel-host/packages-${phase}`

/** Changes whenever a package is installed or removed. */
async function packagesNow(): Promise<string> {
  const facts = await stat(STATUS).catch(() => null)
  return facts === null ? 'none' : `${facts.size} ${facts.mtimeMs}`
}

/** System packages by apt. The bootstrap began them already; this waits for its lock and finds what is left. */
export function packages(phase: 'tools' | 'database' | 'lxc'): Step<SetupContext> {
  return {
    name: phase === 'tools' ? 'packages' : `packages (${phase})`,
    after: phase === 'tools' ? [] : ['packages'],
    needed: async ({ options, installation }) =>
      (phase !== 'lxc' || (options.driver ?? installation?.driver) === 'lxc') &&
      (await readFile(stampOf(phase), 'utf8').catch(() => '')) !== (await packagesNow()),
    async apply({ options, env }) {
      const bootstrap = join(options.checkout, 'runtime', 'setup', 'bootstrap.mjs')
      const ran = await tryRun([process.execPath, bootstrap, 'packages', '--phase', phase], {
        timeout: 1_800_000,
        // apt and dpkg need the caller's proxies and search path.
        env: Object.fromEntries(
          Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
        ),
      })
      if (ran.code !== 0) throw new Error(ran.stderr.replace(/^\n✘ /, '').trim())
      await writeWhole(stampOf(phase), await packagesNow())
    },
  }
}
