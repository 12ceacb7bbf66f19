import { parseArgs } from 'node:util'
import { DriverName } from '../../server/contract/drivers.ts'

export type Verb = 'start' | 'stop' | 'doctor' | 'uninstall'

/** What a caller asked for, by flag or environment; null: not said, so what is stored or the default holds. */
export interface Options {
  readonly verb: Verb
  readonly checkout: string
  readonly home: string
  readonly domain: string | null
  readonly panelPort: number | null
  readonly httpPort: number | null
  readonly httpsPort: number | null
  readonly sample: boolean
  readonly command: boolean
  readonly detach: boolean
  readonly json: boolean
  /** Tell a new one-time link for the admin's browser. */
  readonly adminLink: boolean
  readonly driver: DriverName | null
  readonly registry: 'auto' | 'embedded' | null
  readonly allowUnlimited: boolean
  readonly email: string
  readonly databaseUrl: string | null
  readonly yes: boolean
}

export class UsageError extends Error {}

const DEFAULT_HOME = '/var/lib/skypanel'

/** Flags win over the environment. Pure. @throws UsageError naming the flag. */
export function parseOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options {
  const [verb, ...rest] = argv
  if (verb !== 'start' && verb !== 'stop' && verb !== 'doctor' && verb !== 'uninstall') {
    throw new UsageError(`unknown verb ${JSON.stringify(verb ?? '')}: start, stop, doctor or uninstall`)
  }
  const values = readFlags(rest)
  const text = (flag: string | undefined, name: string) => flag ?? (env[name] === '' ? undefined : env[name])
  const home = text(values.home, 'SKYPANEL_HOME') ?? DEFAULT_HOME
  if (!/^\/[A-Za-z0-9._/-]+$/.test(home) || home.includes('/../') || home.length > 60) {
    // Unix sockets below home have room for 107 bytes in all.
    throw new UsageError(`--home ${home}: an absolute path of at most 60 letters, digits, . _ - and /`)
  }
  const domain = text(values.domain, 'SKYPANEL_DOMAIN') ?? null
  if (domain !== null && !/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(domain)) {
    throw new UsageError(`--domain ${domain}: a name such as apps.example.com`)
  }
  return {
    verb,
    checkout: values.checkout ?? '',
    home: home.replace(/\/+$/, ''),
    domain,
    panelPort: port('--panel-port', text(values['panel-port'], 'SKYPANEL_PANEL_PORT')),
    httpPort: port('--http-port', text(values['http-port'], 'SKYPANEL_HTTP_PORT')),
    httpsPort: port('--https-port', text(values['https-port'], 'SKYPANEL_HTTPS_PORT')),
    sample: !values['no-sample'],
    command: !values['no-command'],
    detach: values.detach,
    json: values.json,
    adminLink: values['admin-link'],
    driver: oneOf('--driver', text(values.driver, 'SKYPANEL_DRIVER'), DriverName.options),
    registry: oneOf('--registry', text(values.registry, 'SKYPANEL_REGISTRY'), ['auto', 'embedded']),
    allowUnlimited: values['allow-unlimited'],
    email: text(values.email, 'SKYPANEL_EMAIL') ?? 'admin@skypanel.localhost',
    databaseUrl: env['DATABASE_URL'] === undefined || env['DATABASE_URL'] === '' ? null : env['DATABASE_URL'],
    yes: values.yes,
  }
}

function readFlags(argv: readonly string[]) {
  const word = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      options: {
        checkout: word,
        home: word,
        domain: word,
        'panel-port': word,
        'http-port': word,
        'https-port': word,
        driver: word,
        registry: word,
        email: word,
        'no-sample': flag,
        'no-command': flag,
        detach: flag,
        json: flag,
        'admin-link': flag,
        'allow-unlimited': flag,
        yes: flag,
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function port(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new UsageError(`${flag} ${text}: a number from 1 to 65535`)
  return value
}

function oneOf<T extends string>(flag: string, text: string | undefined, allowed: readonly T[]): T | null {
  if (text === undefined) return null
  const found = allowed.find((value) => value === text)
  if (found === undefined) throw new UsageError(`${flag} ${text}: one of ${allowed.join(', ')}`)
  return found
}
