import { parseArgs } from 'node:util'
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

const PASSED =
  /^(PATH|HOME|GO[A-Z]*|PIP_[A-Z_]*|HTTPS?_PROXY|https?_proxy|NO_PROXY|no_proxy|SSL_CERT_(FILE|DIR))$/

export function readConsulJob(argv: readonly string[], env: Env = process.env): ConsulJob {
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
  const passed = Object.entries(env).filter(
    (entry): entry is [string, string] => PASSED.test(entry[0]) && entry[1] !== undefined,
  )
  return { home, places: consulPlaces(home, env), env: Object.fromEntries(passed) }
}
