import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Installation, paths, type Paths } from '../installation.ts'

export interface ProcessConfig {
  readonly installation: Installation
  readonly paths: Paths
}

/** What directory, edge and logs start from: `--home`, and the installation that is stored there. */
export function readProcessConfig(argv: readonly string[]): ProcessConfig {
  const { values } = parseArgs({ args: [...argv], options: { home: { type: 'string' } }, strict: true })
  if (values.home === undefined) throw new Error('--home is missing: the folder that holds installation.json')
  const file = join(values.home, 'installation.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`${file} cannot be read; run npm start to set the installation up`, { cause: error })
  }
  const installation = Installation.parse(JSON.parse(text))
  return { installation, paths: paths(values.home) }
}

/**
 * The descriptor of the UDP socket that our supervisor holds for the directory: 3 when it says so by SKYPANEL_DNS_FD
 * (our own) or LISTEN_FDS with LISTEN_PID (systemd); null: the directory binds one itself.
 */
export function inheritedDnsFd(
  env: Readonly<Record<string, string | undefined>> = process.env,
  pid = process.pid,
): number | null {
  const given = env['SKYPANEL_DNS_FD']
  if (given !== undefined && /^\d+$/.test(given)) return Number(given)
  return env['LISTEN_PID'] === String(pid) && Number(env['LISTEN_FDS'] ?? 0) >= 1 ? 3 : null
}
