import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tool } from '../plan.ts'
import { type StageSpec, storeName } from './expression.ts'
import { BuildStopped } from './failure.ts'
import { ASSETS, type Stack } from './stack.ts'
import { toolStage } from './tool-stage.ts'

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
  return toolStage(storeName('go', version), stack, [`set -- ${version} ${hash}\n${script}`])
}
