import { readFileSync } from 'node:fs'

// Set by the bundler, so that `--version` opens no second file.
declare const SKYPANEL_VERSION: string | undefined

export function version(): string {
  if (typeof SKYPANEL_VERSION === 'string') return SKYPANEL_VERSION
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  if (
    typeof parsed === 'object' &&
    parsed !== null &&
    'version' in parsed &&
    typeof parsed.version === 'string'
  ) {
    return parsed.version
  }
  throw new Error('package.json has no version')
}
