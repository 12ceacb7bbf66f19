import { homedir } from 'node:os'
import { join } from 'node:path'

/** Everything that the command line takes from the environment, read in one place. */
export interface Environment {
  /** SKYPANEL_HOST: the platform's address; wins over the credentials file. */
  readonly host: string | undefined
  /** SKYPANEL_TOKEN: wins over the credentials file; for pipelines. */
  readonly token: string | undefined
  /** SKYPANEL_APP: the app, unless --app names one. */
  readonly app: string | undefined
  /** SKYPANEL_GIT_TOKEN: opens the repository that `builds:create --git` names. */
  readonly gitToken: string | undefined
  readonly credentialsFile: string
  /** Lists of versions that registries offer. */
  readonly cacheFolder: string
  readonly term: string
  readonly noColour: boolean
  readonly path: string
}

const given = (value: string | undefined): string | undefined =>
  value === undefined || value === '' ? undefined : value

export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const home = given(env['HOME']) ?? homedir()
  const config = given(env['XDG_CONFIG_HOME']) ?? join(home, '.config')
  return {
    host: given(env['SKYPANEL_HOST']),
    token: given(env['SKYPANEL_TOKEN']),
    app: given(env['SKYPANEL_APP']),
    gitToken: given(env['SKYPANEL_GIT_TOKEN']),
    credentialsFile: join(config, 'skypanel', 'credentials.json'),
    cacheFolder: join(given(env['XDG_CACHE_HOME']) ?? join(home, '.cache'), 'skypanel'),
    term: given(env['TERM']) ?? 'dumb',
    noColour: given(env['NO_COLOR']) !== undefined,
    path: env['PATH'] ?? '',
  }
}
