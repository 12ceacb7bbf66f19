/** Where an installation is reached: its domain (null: this machine only) and the ports of router and panel. */
export interface Reach {
  readonly domain: string | null
  readonly http: number
  readonly https: number
  readonly panel: number
}

/** Apps' zone where no domain was given. `.localhost` is loopback by RFC 6761. */
const LOCAL_ZONE = 'skypanel.localhost'
/** Label of the platform's own host below its domain; reserved as an app's name. */
const PANEL = 'panel'

export const appHost = (name: string, { domain }: Pick<Reach, 'domain'>): string =>
  `${name}.${domain ?? LOCAL_ZONE}`

export function webUrl(name: string, reach: Reach): string {
  if (reach.domain === null) return origin('http', appHost(name, reach), reach.http, 80)
  return origin('https', appHost(name, reach), reach.https, 443)
}

/** Address of API, git and dashboard, without a slash at the end. Never a host that could be an app's. */
export function panelUrl(reach: Reach): string {
  if (reach.domain === null) return origin('http', 'localhost', reach.panel, 80)
  return origin('https', `${PANEL}.${reach.domain}`, reach.https, 443)
}

export const gitUrl = (name: string, reach: Reach): string => `${panelUrl(reach)}/git/${name}.git`

const origin = (scheme: string, host: string, port: number, usual: number) =>
  `${scheme}://${host}${port === usual ? '' : `:${port}`}`

/**
 * Why a host name cannot be a custom domain; null if it can. The zones in which the platform hands out names itself
 * are closed: else an app could take the host of another one, of the panel, or of this machine.
 */
export function refuseDomain(hostname: string, { domain }: Pick<Reach, 'domain'>): string | null {
  const zones = [
    'localhost',
    'internal',
    'local',
    'test',
    'invalid',
    'arpa',
    ...(domain === null ? [] : [domain]),
  ]
  const zone = zones.find((zone) => hostname === zone || hostname.endsWith(`.${zone}`))
  if (zone !== undefined) return `names in ${zone} are given out by the platform or not reachable for others`
  // A name whose last label is a number is read as an IPv4 address by clients.
  if (/(^|\.)(\d+|0x[0-9a-f]*)$/.test(hostname)) return 'an address is not a host name'
  return null
}
