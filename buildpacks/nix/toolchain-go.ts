import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tool } from '../plan.ts'
import { type StageSpec, storeName } from './expression.ts'
import { BuildStopped } from './failure.ts'
import { ASSETS, type Stack } from './stack.ts'

/** A Go of the module proxy, checked against the hash that the plan names. Which proxy it comes from decides nothing. */
export function goToolchain(tool: Tool, stack: Stack): StageSpec {
  const { version, hash } = tool
  if (version === null || hash === null || !/^[\d.]+$/.test(version) || !/^h1:[\w+/=]+$/.test(hash)) {
    throw new BuildStopped(
      'internal_error',
      'The plan names no exact Go: it was not resolved',
      'Push again; if it stays, report it.',
    )
  }
  const script = readFileSync(join(ASSETS, 'unpack-go.sh'), 'utf8')
  return {
    name: storeName('go', version),
    stack: { path: stack.path },
    loader: stack.loader,
    libraries: stack.libraries,
    mode: 'plain',
    network: true,
    sources: [],
    layers: [],
    system: [],
    visible: [],
    commands: [`set -- ${version} ${hash}\n${script}`],
    environment: {},
    searchPath: '/usr/bin:/bin:/usr/sbin:/sbin',
    keep: ['.'],
    pick: [],
    caches: false,
    salt: '',
  }
}
