import { randomBytes } from 'node:crypto'
import { access, chmod, chown, link, rm, writeFile } from 'node:fs/promises'
import { users } from '../../installation.ts'
import { account } from '../accounts.ts'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'

/** The key that seals config vars. Made once; without it what it sealed is lost, so nothing ever replaces it. */
export const keys: Step<SetupContext> = {
  name: 'master key',
  after: ['folders'],
  needed: async ({ at }) =>
    !(await access(at.masterKey).then(
      () => true,
      () => false,
    )),
  async apply({ at, installation }) {
    const owner = await account(users(known(installation, 'the installation').id).server)
    const half = `${at.masterKey}.${process.pid}`
    await writeFile(half, `${randomBytes(32).toString('hex')}\n`, { mode: 0o400 })
    await chown(half, owner.uid, owner.gid)
    await chmod(half, 0o400)
    try {
      // link, unlike rename, does not replace a key that another run made meanwhile.
      await link(half, at.masterKey)
    } finally {
      await rm(half, { force: true })
    }
  },
}
