import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceSpec } from '../../server/contract/nodes.ts'
import { environmentFile } from '../command/instance.ts'

const BASE = {
  HOME: '/app',
  USER: 'app',
  LOGNAME: 'app',
  SHELL: '/bin/bash',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/bin:/usr/bin:/bin',
}

/**
 * Everything that the shim opens or mounts on. At once, not one promise at a time: each of these takes the kernel less
 * than handing it to another thread.
 */
export function prepareFolder(spec: InstanceSpec, folder: string): void {
  for (const name of ['app', 'room', 'log']) mkdirSync(join(folder, name), { recursive: true, mode: 0o755 })
  for (const name of ['out', 'err']) closeSync(openSync(join(folder, 'log', name), 'a', 0o640))
  writeFileSync(join(folder, 'status'), '', { mode: 0o600 })
  writePrivate(join(folder, 'env'), environmentFile({ ...BASE, ...spec.artifact.env, ...spec.env }), 0o400)
}

/** Anew, so that the mode holds. */
export function writePrivate(path: string, text: string, mode: 0o400 | 0o600): void {
  rmSync(path, { force: true })
  writeFileSync(path, text, { mode })
}
