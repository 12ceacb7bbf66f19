import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Work } from './run-stage.ts'
import { makeWorkFolder } from './places.ts'
import { ASSETS } from './stack.ts'
import { callNix, type Store } from './store.ts'

/** Where a stage's output will be, before it is there; null where Nix cannot say. Evaluates, and builds nothing. */
export async function outputPathOf(
  store: Store,
  expression: Extract<Work, { spec: unknown }>['expression'],
  spec: unknown,
): Promise<string | null> {
  const work = await makeWorkFolder(store)
  try {
    await writeFile(join(work.outside, 'spec.json'), JSON.stringify(spec))
    const argv = ['eval', '--raw', '--file', join(ASSETS, expression)]
    const { code, stdout } = await callNix(store, [
      ...argv,
      '--argstr',
      'specFile',
      `${work.inside}/spec.json`,
      'outPath',
    ])
    const path = stdout.trim()
    return code === 0 && path.startsWith('/nix/store/') ? path : null
  } finally {
    await work.remove()
  }
}
