import { known, type SetupContext } from './setup-context.ts'
import { panelOrigin } from './steps/login.ts'
import { publicRoot } from './steps/router.ts'

/** What `--json` prints as its last line. */
export interface PlatformFacts {
  readonly api: string
  readonly git: string
  readonly dashboard: string
  /** Opens the dashboard as its admin, once and within a day; null: this run made none. */
  readonly adminLink: string | null
  readonly routerHttp: string
  readonly routerHttps: string
  /** PEM file of the local certificate authority; null with a public domain. */
  readonly ca: string | null
  readonly email: string
  readonly tokenFile: string
  readonly home: string
}

export function platformFacts(context: SetupContext): PlatformFacts {
  const { ports, domain } = known(context.installation, 'the installation')
  const { email, tokenFile } = known(context.admin, 'the admin')
  const origin = panelOrigin(context)
  return {
    api: `${origin}/api`,
    git: `${origin}/git`,
    dashboard: `${origin}/`,
    adminLink: context.adminLink,
    routerHttp: `http://127.0.0.1:${ports.http}`,
    routerHttps: `https://127.0.0.1:${ports.https}`,
    ca: domain === null ? publicRoot(context.options.home) : null,
    email,
    tokenFile,
    home: context.options.home,
  }
}
