import { readFile, stat } from 'node:fs/promises'
import { account, missingAccounts } from '../../setup/accounts.ts'
import { folders } from '../../setup/folders.ts'
import { known } from '../../setup/setup-context.ts'
import { fail, ok, type Check } from '../check.ts'

export const accounts: Check = {
  name: 'users',
  about: 'platform',
  async run(context) {
    const { id } = known(context.installation, 'the installation')
    const plan = missingAccounts(
      id,
      await readFile('/etc/passwd', 'utf8'),
      await readFile('/etc/group', 'utf8'),
    )
    const missing = [
      ...plan.users,
      ...plan.groups,
      ...plan.regroup,
      ...plan.join.map(({ user, group }) => `${user} in ${group}`),
    ]
    return missing.length === 0 ? ok('complete') : fail(`missing: ${missing.join(', ')}`, 'Type: npm start')
  },
}

/** A folder that others may enter gives away what lies in it. */
export const permissions: Check = {
  name: 'permissions',
  about: 'platform',
  async run(context) {
    const { id } = known(context.installation, 'the installation')
    for (const folder of folders(context.options.home, id)) {
      const found = await stat(folder.path).catch(() => null)
      if (found === null) return fail(`${folder.path} is missing`, 'Type: npm start')
      const uid = folder.owner === null ? 0 : (await account(folder.owner)).uid
      if ((found.mode & 0o7777) !== folder.mode || found.uid !== uid)
        return fail(
          `${folder.path} has mode ${(found.mode & 0o7777).toString(8)} instead of ${folder.mode.toString(8)}, or another owner`,
          'Type: npm start',
        )
    }
    const key = await stat(context.at.masterKey).catch(() => null)
    if (key === null)
      return fail(
        `${context.at.masterKey} is missing: what it sealed cannot be read`,
        'Bring it back from a backup before you start the server',
      )
    return (key.mode & 0o077) === 0
      ? ok('as they should be')
      : fail('the master key can be read by others', `Type: chmod 400 ${context.at.masterKey}`)
  },
}
