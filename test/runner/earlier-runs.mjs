import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What runs leave when they are killed carries the pid of the process that would have removed it. */
const HOMES = { folder: '/var/lib', name: /^skypanel-(?:test|cut)-(\d+)$/ }
const MOUNTS = { folder: '/run', name: /^skypanel-checkout-(\d+)$/ }
const FOLDERS = { folder: tmpdir(), name: /^skypanel-(?:test|pg)-(\d+)-\w+$/ }

/** Whether the process that made it may still want it: numbers are given out again. */
function isOurs(pid) {
  try {
    return /run\.mjs|vitest|tsx/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  } catch {
    return false
  }
}

function abandoned({ folder, name }) {
  return readdirSync(folder)
    .filter((entry) => {
      const pid = name.exec(entry)?.[1]
      return pid !== undefined && !isOurs(pid)
    })
    .map((entry) => join(folder, entry))
}

/** Homes of platforms whose run was killed before it could remove them. */
export const abandonedHomes = () => (process.getuid() === 0 ? abandoned(HOMES) : [])

/** A run that was killed before it had an installation left a folder that uninstalling knows nothing of. */
export function removeUnlessMounted(home) {
  if (readFileSync('/proc/mounts', 'utf8').includes(` ${home}/`)) return
  rmSync(home, { recursive: true, force: true })
}

/** Removes what nothing but a folder or a mount is left of. */
export function removeAbandonedFolders() {
  if (process.getuid() !== 0) return
  for (const folder of abandoned(MOUNTS)) unmountCheckout(folder)
  for (const folder of abandoned(FOLDERS)) rmSync(folder, { recursive: true, force: true })
}

export function unmountCheckout(folder) {
  try {
    execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
  } catch {
    // Not mounted, or not any more: then the folder alone is left.
  }
  rmdirSync(folder)
}
