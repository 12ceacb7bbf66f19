import { renameSync, writeFileSync } from 'node:fs'

/** Replaces a file as a whole: a reader, and an agent that is killed meanwhile, find the old or the new one. */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, text, { mode })
  renameSync(draft, path)
}
