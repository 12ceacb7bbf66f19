import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { paths } from '../installation.ts'
import { consulCaches, type ConsulPlaces } from './find.ts'
import { readPin } from './pin.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The machine's cache: root's alone, like what a package manager keeps there. */
export const MACHINE_CACHE = '/var/cache/skypanel'

/** `home` null: no installation, as in the tests. */
export function consulPlaces(home: string | null, env: Env = process.env): ConsulPlaces {
  return {
    explicit: env['SKYPANEL_CONSUL'] ?? null,
    path: env['PATH'] ?? '',
    caches: consulCaches(readPin().consul, home === null ? null : paths(home).cache, MACHINE_CACHE),
  }
}

export interface ConsulJob {
  /** null: only compile into the machine's cache, for the tests. */
  readonly home: string | null
  readonly places: ConsulPlaces
  /** Passed on to the Go and pip of the machine: their search path, home and proxies. */
  readonly env: Readonly<Record<string, string>>
}

const RECORDED = /^(SKYPANEL_CONSUL|GO[A-Z]*|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY)$/
const PASSED =
  /^(PATH|HOME|GO[A-Z]*|PIP_[A-Z_]*|HTTPS?_PROXY|https?_proxy|NO_PROXY|no_proxy|SSL_CERT_(FILE|DIR))$/

/** What set-up keeps of the environment of `npm start`; the supervisor's own has none of it. Pure. */
export function recordableEnv(env: Env): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      RECORDED.test(entry[0]) && entry[1] !== undefined && entry[1] !== '',
  )
  // npm puts the checkout's own folders before the operator's.
  const path = (env['PATH'] ?? '')
    .split(':')
    .filter((one) => one.startsWith('/') && !one.includes('node_modules') && !one.includes('node-gyp-bin'))
  return { ...Object.fromEntries(kept), PATH: path.join(':') }
}

function recordedEnv(home: string): Record<string, string> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(paths(home).consulEnv, 'utf8')))
  } catch (error) {
    // An installation of before, or none at all.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
}

export function readConsulJob(argv: readonly string[], given: Env = process.env): ConsulJob {
  const { values } = parseArgs({
    args: [...argv],
    options: { home: { type: 'string' }, prepare: { type: 'boolean', default: false } },
    strict: true,
  })
  if (values.home === undefined && !values.prepare) {
    throw new Error(
      '--home is missing: the folder that holds installation.json (or --prepare, for the tests)',
    )
  }
  const home = values.home ?? null
  const recorded = home === null ? {} : recordedEnv(home)
  const path = [given['PATH'], recorded['PATH']].filter((one) => one !== undefined && one !== '').join(':')
  const env = { ...recorded, ...given, PATH: path }
  const passed = Object.entries(env).filter(
    (entry): entry is [string, string] => PASSED.test(entry[0]) && entry[1] !== undefined,
  )
  return { home, places: consulPlaces(home, env), env: Object.fromEntries(passed) }
}
