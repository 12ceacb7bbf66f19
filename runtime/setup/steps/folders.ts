import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { account } from '../accounts.ts'
import { folders as layout, type Folder } from '../folders.ts'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'

async function ids(folder: Folder): Promise<{ uid: number; gid: number }> {
  return {
    uid: folder.owner === null ? 0 : (await account(folder.owner)).uid,
    gid: folder.group === null ? 0 : (await account(folder.group)).gid,
  }
}

async function isAsWanted(folder: Folder): Promise<boolean> {
  const found = await stat(folder.path).catch(() => null)
  if (found === null) return false
  const { uid, gid } = await ids(folder)
  return found.uid === uid && found.gid === gid && (found.mode & 0o7777) === folder.mode
}

const wanted = (context: SetupContext) =>
  layout(context.options.home, known(context.installation, 'the installation').id)

/** What says where the database is may hold a password: then only processes of the platform read it. */
function installationFile(context: SetupContext): Folder[] {
  const { id, database } = known(context.installation, 'the installation')
  if (database.kind !== 'external') return []
  return [{ path: context.at.installation, owner: null, group: `skypanel-${id}-net`, mode: 0o640 }]
}

export const folders: Step<SetupContext> = {
  name: 'folders',
  after: ['users'],
  needed: async (context) =>
    !(await Promise.all([...wanted(context), ...installationFile(context)].map(isAsWanted))).every(Boolean),
  async apply(context) {
    for (const folder of wanted(context)) await mkdir(folder.path, { recursive: true, mode: folder.mode })
    for (const entry of [...wanted(context), ...installationFile(context)]) {
      const { uid, gid } = await ids(entry)
      await chown(entry.path, uid, gid)
      await chmod(entry.path, entry.mode)
    }
  },
}
