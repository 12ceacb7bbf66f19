import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * How git starts this program again. By name where PATH has it, so that it survives an upgrade; else by file. What npx
 * puts on PATH is not there later.
 */
export function ownCommand(path: string, node: string, script: string): readonly string[] {
  const folders = path
    .split(delimiter)
    .filter((folder) => folder.startsWith('/') && !folder.includes('node_modules'))
  return folders.some((folder) => isProgram(join(folder, 'skypanel'))) ? ['skypanel'] : [node, script]
}
