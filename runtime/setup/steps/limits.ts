import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findHierarchies, missingControllers } from '../../limits/hierarchies.ts'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'

/** Controllers without which an app could not be kept within limits. */
export async function controllersMissing(): Promise<string[]> {
  const mounts = await readFile('/proc/mounts', 'utf8')
  const version2 = findHierarchies(mounts, () => []).filter(({ version }) => version === 2)
  const offered = new Map(
    await Promise.all(
      version2.map(async ({ mount }) => {
        const text = await readFile(join(mount, 'cgroup.controllers'), 'utf8').catch(() => '')
        return [mount, text.trim().split(' ')] as const
      }),
    ),
  )
  return missingControllers(findHierarchies(mounts, (mount) => offered.get(mount) ?? []))
}

/** Asked before minutes are spent on what the first instance would refuse. */
export const limits: Step<SetupContext> = {
  name: 'limits',
  after: ['installation', 'mount namespace'],
  async needed({ installation }) {
    const { driver, allowUnlimited } = known(installation, 'the installation')
    return driver !== 'fake' && !allowUnlimited && (await controllersMissing()).length > 0
  },
  async apply() {
    throw new Error(
      `This machine has no cgroup controller for ${(await controllersMissing()).join(', ')}: apps could not be kept within limits. Boot with these controllers, or accept it: npm start -- --allow-unlimited`,
    )
  },
}
