import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { commandWords } from '../command/words.ts'

/** argv of a command in an image: by its shell where it has one, else as words. Throws where it is neither. */
export function imageCommand(root: string, command: string): string[] {
  if (lstatSync(join(root, 'bin/sh'), { throwIfNoEntry: false }) !== undefined)
    return ['/bin/sh', '-c', command]
  const words = commandWords(command)
  if (words === null || words.length === 0)
    throw new Error(
      `The image has no shell, so "${command.slice(0, 80)}" cannot be run. Use the JSON form of CMD or ENTRYPOINT, or a base that has a shell.`,
    )
  return words
}
