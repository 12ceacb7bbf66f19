import { shellWord } from '../shell-word.ts'
import type { Instruction } from './parse.ts'
import { referencesOf, type Stage } from './stages.ts'

/** What an image runs. null: nothing is said. */
export interface Launch {
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
}

const SHELL = ['/bin/sh', '-c']

/**
 * A command as a shell of the instance runs it. A command that was written for a shell stays as it was written; all
 * others are words, and the shell makes room for the program. null: nothing is to be run.
 */
export function commandOf({ entrypoint, cmd }: Launch): string | null {
  const words = [...(entrypoint ?? []), ...(cmd ?? [])]
  if (words.length === 0) return null
  const [shell, flag, text] = words
  if (shell === SHELL[0] && flag === '-c' && text !== undefined && words.length === 3) return text
  return ['exec', ...words.map(shellWord)].join(' ')
}

/**
 * ENTRYPOINT and CMD of a stage, with those of the stages that it begins with. `base` is what an image from elsewhere
 * brings: nothing, as far as a Dockerfile tells. Pure.
 */
export function launchOf(stages: readonly Stage[], target: number): Launch & { readonly line: number } {
  const chain: Stage[] = []
  for (let at: number | null = target; at !== null; at = referencesOf(stages, at)[0]?.stage ?? null) {
    const stage = stages[at]
    if (stage === undefined) break
    chain.unshift(stage)
  }
  let entrypoint: readonly string[] | null = null
  let cmd: readonly string[] | null = null
  let shell: readonly string[] = SHELL
  let line = 0
  for (const { instructions } of chain) {
    let own = false
    for (const one of instructions) {
      if (one.name === 'SHELL' && one.words !== null) shell = one.words
      if (one.name === 'CMD') {
        cmd = wordsOf(one, shell)
        own = true
        line = one.line
      }
      if (one.name === 'ENTRYPOINT') {
        entrypoint = wordsOf(one, shell)
        // A command that an earlier image brought was meant for another program.
        if (!own) cmd = null
        line = one.line
      }
    }
  }
  return { entrypoint, cmd, line }
}

const wordsOf = (one: Instruction, shell: readonly string[]) => one.words ?? [...shell, one.rest]
