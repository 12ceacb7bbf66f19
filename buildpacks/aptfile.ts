import type { FileView } from './file-view.ts'
import { type Refusal, refuse } from './provider.ts'

const NAME = /^[a-z0-9][a-z0-9+.-]+$/
const MAX_PACKAGES = 200

/** Packages of the system that the app wants, one a line in its Aptfile; empty without one. */
export function readAptfile(
  view: FileView,
): { readonly ok: true; readonly packages: readonly string[] } | Refusal {
  const file = view.read('Aptfile', 65_536)
  if (!file.ok) {
    if (file.reason === 'missing') return { ok: true, packages: [] }
    return refuse(
      `Aptfile cannot be read (${file.reason})`,
      'Save it as plain text, one name of a Debian package a line.',
    )
  }
  const packages = new Set<string>()
  for (const [index, whole] of file.text.split('\n').entries()) {
    const line = whole.replace(/#.*/, '').trim()
    if (line === '') continue
    for (const word of line.startsWith(':') ? [line] : line.split(/\s+/)) {
      if (NAME.test(word)) packages.add(word)
      else return refuse(`Line ${index + 1} of the Aptfile cannot be used: ${said(word)}`, why(word))
    }
  }
  if (packages.size > MAX_PACKAGES)
    return refuse(
      `The Aptfile names ${packages.size} packages, more than ${MAX_PACKAGES}`,
      'Name what the app itself needs; what that depends on comes with it.',
    )
  return { ok: true, packages: [...packages].sort() }
}

const said = (word: string) => `"${word.slice(0, 80)}"`

function why(word: string): string {
  if (word.startsWith(':repo:'))
    return 'Packages come from the archive that the platform is made of; other repositories are not used.'
  if (/^https?:/.test(word))
    return 'Packages are named, not linked: the archive that the platform is made of is used.'
  if (word.includes('=')) return "The version is the archive's: name the package alone."
  return 'Write names as Debian does: small letters, digits and +.- only.'
}
