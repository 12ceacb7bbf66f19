import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Artifact } from '../../server/contract/nodes.ts'
import { commandWords } from '../command/words.ts'

/** The parts of an image's root, the uppermost first. */
export function imageRoots({ stack, image }: Pick<Artifact, 'stack' | 'image'>): string[] {
  const base = image?.base ?? null
  return [join(stack, 'root'), ...(base === null ? [] : [base])]
}

/** The shell that an image has, bash before any other. Throws where it has none. */
export function imageShell(roots: readonly string[]): string[] {
  const there = (path: string) =>
    roots.some((root) => lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined)
  const shell = ['bin/bash', 'usr/bin/bash', 'bin/sh', 'usr/bin/sh'].find(there)
  if (shell === undefined) throw new Error('The image has no shell. Name a program of it to run instead.')
  return [`/${shell}`]
}

/** argv of a command in an image: by its shell where it has one, else as words. Throws where it is neither. */
export function imageCommand(roots: readonly string[], command: string): string[] {
  const there = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined
  if (roots.some((root) => there(join(root, 'bin/sh')) || there(join(root, 'usr/bin/sh'))))
    return ['/bin/sh', '-c', command]
  const words = commandWords(command)
  if (words === null || words.length === 0)
    throw new Error(
      `The image has no shell, so "${command.slice(0, 80)}" cannot be run. Use the JSON form of CMD or ENTRYPOINT, or a base that has a shell.`,
    )
  return words
}

/** argv of a command, or of a shell, in an instance of this artifact. */
export function commandInside(artifact: Artifact, command: string | null): string[] {
  if (artifact.image === undefined) return command === null ? ['/bin/bash'] : ['/bin/bash', '-c', command]
  const roots = imageRoots(artifact)
  return command === null ? imageShell(roots) : imageCommand(roots, command)
}
