import type { FileView } from '../file-view.ts'

/** Programs that bring an interpreter of their own. */
const OTHERS = /\blove\.(?:load|draw|update|graphics)\b|\bvim\.(?:opt|g|cmd|api)\b|\bplaydate\.|\bcorona\b/

/** The file to start; null when there is none, or it belongs to a game or an editor. */
export function luaStart(view: FileView): string | null {
  for (const path of ['main.lua', 'app.lua', 'server.lua', 'web.lua', 'src/main.lua', 'src/server.lua']) {
    const file = view.read(path)
    if (file.ok && !OTHERS.test(file.text)) return path
  }
  return null
}
