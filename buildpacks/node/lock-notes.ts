import type { Note } from '../plan.ts'
import type { NodeApp } from './app.ts'
import { LOCK_FILE } from './lock.ts'

export function lockNotes({ manager, installs, notes }: NodeApp): readonly Note[] {
  if (!installs || manager.lock !== null) return notes
  const tool = manager.tool.name
  const file = LOCK_FILE[manager.name]
  const message = `There is no ${file}, so each install may bring other versions. Run \`${tool} install\` and commit it.`
  const missing: Note = { level: 'warn', code: 'node.lock.missing', message }
  return notes.some(({ code }) => code === 'node.lock.foreign') ? notes : [...notes, missing]
}
