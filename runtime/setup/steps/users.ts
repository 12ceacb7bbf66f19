import { readFile } from 'node:fs/promises'
import { run } from '../../exec.ts'
import { isComplete, missingAccounts, type AccountPlan } from '../accounts.ts'
import { withHostLock } from '../host-lock.ts'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'

async function missing(context: SetupContext): Promise<AccountPlan> {
  const { id } = known(context.installation, 'the installation')
  return missingAccounts(id, await readFile('/etc/passwd', 'utf8'), await readFile('/etc/group', 'utf8'))
}

/** System users, one per trust domain; none can log in and none has a home that anything reads. */
export const users: Step<SetupContext> = {
  name: 'users',
  after: ['installation'],
  async needed(context) {
    return !isComplete(await missing(context))
  },
  async apply(context, say) {
    // useradd gives up when another one holds /etc/passwd's lock.
    await withHostLock(
      'accounts',
      () => say('another installation makes its users'),
      async () => {
        const plan = await missing(context)
        for (const group of plan.groups) await run(['groupadd', '--system', group])
        for (const user of plan.users) {
          await run([
            'useradd',
            '--system',
            '--gid',
            user,
            '--no-create-home',
            '--home-dir',
            '/nonexistent',
            '--shell',
            '/usr/sbin/nologin',
            user,
          ])
        }
        for (const user of (await missing(context)).regroup) await run(['usermod', '--gid', user, user])
        for (const { user, group } of (await missing(context)).join)
          await run(['usermod', '--append', '--groups', group, user])
      },
    )
  },
}
