import { link, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { paths } from '../../installation.ts'
import type { Step } from '../plan.ts'
import type { SetupContext } from '../setup-context.ts'
import { hasStamp, stamp, writeWhole } from '../stamp.ts'

export const COMMAND = '/usr/local/bin/skypanel'
const MARK = '# the command line of the SkyPanel installation in '

/** The launcher on PATH: the installed Node and bundle, so it works without the checkout and for every user. */
export function launcher(current: string, home: string): string {
  return `#!/bin/sh\n${MARK}${home}\nexec ${join(current, 'bin/node')} ${join(current, 'cli/skypanel.cjs')} "$@"\n`
}

/** Whose launcher lies there: nobody's, this installation's, or somebody else's, which is never overwritten. */
export async function commandOwner(home: string, file = COMMAND): Promise<'nobody' | 'ours' | 'foreign'> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : '',
  )
  if (text === null) return 'nobody'
  return text.split('\n')[1] === `${MARK}${home}` ? 'ours' : 'foreign'
}

/** Makes the launcher of this installation the command, unless another one lies there. */
export async function takeCommand(home: string, file = COMMAND): Promise<void> {
  const text = launcher(paths(home).current, home)
  const owner = await commandOwner(home, file)
  if (owner === 'ours') await writeWhole(file, text, 0o755)
  if (owner !== 'nobody') return
  const draft = `${file}.${process.pid}`
  await writeWhole(draft, text, 0o755)
  // Unlike a rename this never replaces what came there meanwhile.
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
}

/**
 * Gives the command up, if it is ours: to another installation on this machine that was started with one and stood
 * back for us, else it is removed.
 *
 * @param others homes of the other installations
 */
export async function leaveCommand(home: string, others: readonly string[], file = COMMAND): Promise<void> {
  if ((await commandOwner(home, file)) !== 'ours') return
  for (const other of others) {
    if (!(await hasStamp(other, 'command', 'wanted'))) continue
    await writeWhole(file, launcher(paths(other).current, other), 0o755)
    return
  }
  await rm(file)
}

export const command: Step<SetupContext> = {
  name: 'command',
  after: ['version'],
  async needed({ options, at }) {
    if (!options.command) return false
    if (!(await hasStamp(options.home, 'command', 'wanted'))) return true
    const owner = await commandOwner(options.home)
    return (
      owner === 'nobody' ||
      (owner === 'ours' && (await readFile(COMMAND, 'utf8')) !== launcher(at.current, options.home))
    )
  },
  async apply({ options }) {
    await takeCommand(options.home)
    await stamp(options.home, 'command', 'wanted')
  },
}
