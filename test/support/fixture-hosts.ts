import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Registries } from '../../buildpacks/registries.ts'

const found = new Map<string, Promise<string>>()

/** Where the index keeps its files. */
function filesOf(index: string): Promise<string> {
  const known = found.get(index)
  if (known !== undefined) return known
  const asked = fetch(`${index}/flask/`, { headers: { accept: 'text/html' } })
    .then((answer) => answer.text())
    .then((page) => new URL(/href="([^"#]+)/.exec(page)?.[1] ?? '', `${index}/flask/`).origin)
  found.set(index, asked)
  return asked
}

/**
 * Locks name the index that they were made with, and fixtures name no host: theirs stand for what this machine's pip
 * uses, and for where that keeps its files.
 */
export async function fillHosts(folder: string, { pip }: Registries): Promise<void> {
  for (const path of ['uv.lock', 'poetry.lock', 'pyproject.toml', 'Pipfile', 'Pipfile.lock']) {
    const file = join(folder, path)
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (!text.includes('.invalid')) continue
    const index = (pip.indexUrl ?? pip.ownIndex ?? '').replace(/\/+$/, '')
    writeFileSync(
      file,
      text
        .replaceAll('https://index.invalid/simple', index)
        .replaceAll('https://files.invalid', await filesOf(index)),
    )
  }
}
