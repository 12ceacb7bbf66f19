import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Step } from '../plan.ts'
import type { SetupContext } from '../setup-context.ts'
import { writeWhole } from '../stamp.ts'

export const COMMAND = '/usr/local/bin/skypanel'
const MARK = '# the command line of the SkyPanel installation in '

/** The launcher on PATH: the installed Node and bundle, so it works without the checkout and for every user. */
export function launcher(current: string, home: string): string {
  return `#!/bin/sh\n${MARK}${home}\nexec ${join(current, 'bin/node')} ${join(current, 'cli/skypanel.cjs')} "$@"\n`
}

/** Whose launcher lies there: nobody's, this installation's, or somebody else's, which is never overwritten. */
export async function commandOwner(home: string): Promise<'nobody' | 'ours' | 'foreign'> {
  const text = await readFile(COMMAND, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : '',
  )
  if (text === null) return 'nobody'
  return text.split('\n')[1] === `${MARK}${home}` ? 'ours' : 'foreign'
}

export const command: Step<SetupContext> = {
  name: 'command',
  after: ['version'],
  async needed({ options, at }) {
    if (!options.command) return false
    const owner = await commandOwner(options.home)
    return (
      owner === 'nobody' ||
      (owner === 'ours' && (await readFile(COMMAND, 'utf8')) !== launcher(at.current, options.home))
    )
  },
  async apply({ options, at }) {
    await writeWhole(COMMAND, launcher(at.current, options.home), 0o755)
  },
}
