import type { FileView } from '../file-view.ts'
import type { Lock } from './lock.ts'

/** Parsing more than this costs more than it saves. */
const MAX_BYTES = 8 << 20

/** Whether the lock of npm has a package for production that runs a script when it is installed, as native ones do. */
export function compiles(view: FileView, lock: Lock | null): boolean {
  if (lock?.manager !== 'npm' || lock.version === null || lock.version < 2) return false
  const file = view.read(lock.file, MAX_BYTES)
  if (!file.ok || !file.text.includes('"hasInstallScript": true')) return false
  let packages: unknown
  try {
    packages = (JSON.parse(file.text) as { packages?: unknown }).packages
  } catch {
    return false
  }
  if (typeof packages !== 'object' || packages === null) return false
  return Object.entries(packages).some(
    ([path, one]: [string, unknown]) =>
      path !== '' &&
      typeof one === 'object' &&
      one !== null &&
      'hasInstallScript' in one &&
      !('dev' in one && one.dev === true) &&
      !('devOptional' in one && one.devOptional === true),
  )
}
