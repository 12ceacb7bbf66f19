import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../exec.ts'

export const PROGRAMS = ['shim', 'init', 'hook', 'getent'] as const

/**
 * Compiles the native programs with this machine's own C compiler into `<root>/<hash of the sources>/bin` and returns
 * that folder's parent. An installation gets them from its build stack instead and needs no compiler.
 */
export async function compileNative(sources: string, root: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of readdirSync(sources)
    .filter((one) => /\.[ch]$/.test(one))
    .sort())
    hash.update(name).update(readFileSync(join(sources, name)))
  const path = join(root, hash.digest('hex').slice(0, 16))
  if (existsSync(path)) return path
  const draft = `${path}.${process.pid}`
  await mkdir(join(draft, 'bin'), { recursive: true })
  await Promise.all(
    PROGRAMS.map((name) =>
      run([
        'cc',
        '-O2',
        '-Wall',
        '-Wextra',
        '-static',
        '-o',
        join(draft, 'bin', name),
        join(sources, `${name}.c`),
      ]),
    ),
  )
  await rename(draft, path).catch(() => rm(draft, { recursive: true }))
  return path
}
