import type { FileView } from './file-view.ts'
import { MAX_PROCFILE_BYTES, parseProcfile, type ProcfileResult } from './procfile.ts'

/** The app's Procfile; nothing when there is none, and what is wrong with the file when it cannot be read. */
export function readProcfile(view: FileView): ProcfileResult {
  const file = view.read('Procfile', MAX_PROCFILE_BYTES)
  if (file.ok) return parseProcfile(file.text)
  switch (file.reason) {
    case 'missing':
      return { ok: true, processes: {}, notes: [] }
    case 'binary':
      return {
        ok: false,
        message: 'Procfile is not a text file',
        hint: 'Save it as plain UTF-8 text, one `type: command` per line.',
      }
    case 'too-large':
      return {
        ok: false,
        message: `Procfile is larger than ${MAX_PROCFILE_BYTES} bytes`,
        hint: 'Move long commands into scripts of the app and call those.',
      }
    case 'not-a-file':
      return {
        ok: false,
        message: 'Procfile is not a file',
        hint: 'Procfile must be a plain text file at the root of the app.',
      }
    case 'outside':
      return {
        ok: false,
        message: 'Procfile is a link that leads out of the app',
        hint: 'Commit the file itself.',
      }
  }
}
