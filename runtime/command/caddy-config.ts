import { ROUTE_ZONE, ROUTER_REFRESH } from '../../server/contract/directory.ts'
import { APP_PORT, type Installation } from '../installation.ts'

export interface CaddyFacts {
  readonly installation: Pick<Installation, 'domain' | 'ports'>
  /** `<home>/caddy`: certificates below `storage`, the access log. */
  readonly folder: string
  readonly adminSocket: string
  /** As `caddy version` says: `2.6.2`, `v2.11.9 h1:…`. */
  readonly version: string
  /** Where certificates of a public domain come from; null: the issuer's default. */
  readonly acme: {
    readonly directory: string | null
    readonly email: string | null
    readonly roots: string | null
  }
}

/** What clients of a local installation have to trust. */
export function localRootCertificate(folder: string): string {
  return `${folder}/storage/pki/authorities/local/root.crt`
}

/** `<app>.skypanel.localhost` on a loopback installation. */
export const LOCAL_DOMAIN = 'skypanel.localhost'

export function panelHost(domain: string): string {
  return `panel.${domain}`
}

/** `v2.11.9 h1:…` → [2, 11]; what cannot be read counts as the oldest that works, 2.6. */
export function caddyVersion(text: string): readonly [number, number] {
  const found = /^v?(\d+)\.(\d+)/.exec(text.trim())
  return found === null ? [2, 6] : [Number(found[1]), Number(found[2])]
}

/**
 * Caddy's whole configuration. It knows no app: one route takes every host, and where a host leads is asked of the
 * directory over DNS at most every 100 ms, so that no deploy, scale or new domain ever changes this document (each
 * change would close every WebSocket on 2.6).
 */
export function caddyConfig(facts: CaddyFacts) {
  const { installation, folder } = facts
  const { domain, ports } = installation
  const [major, minor] = caddyVersion(facts.version)
  const atLeast = (wanted: number) => major > 2 || minor >= wanted
  const listen = (port: number) => (domain === null ? `127.0.0.1:${port}` : `:${port}`)
  const shared = {
    // We say ourselves which certificates there are; nothing is derived from routes, nothing is redirected.
    automatic_https: { disable: true },
    // Slow heads are cut; bodies may take any time and any size, as uploads and long polls do.
    read_header_timeout: '30s',
    idle_timeout: '2m',
    max_header_bytes: 65_536,
    logs: { default_logger_name: 'apps' },
    errors: { routes: [{ handle: [explainedByEdge(ports.edge)] }] },
  }
  const appRoutes = [...strangeHostRoutes(ports.edge), { handle: [appProxy(ports.dns, atLeast(7))] }]
  return {
    admin: { listen: `unix/${facts.adminSocket}`, config: { persist: false } },
    logging: {
      logs: {
        default: { level: 'WARN', encoder: { format: 'json' }, exclude: ['http.log.access'] },
        apps: {
          include: ['http.log.access.apps'],
          encoder: { format: 'json' },
          writer: { output: 'file', filename: `${folder}/access.log`, roll_size_mb: 50, roll_keep: 2 },
        },
      },
    },
    storage: { module: 'file_system', root: `${folder}/storage` },
    apps: {
      http: {
        http_port: ports.http,
        https_port: ports.https,
        grace_period: '10s',
        servers: {
          http: {
            ...shared,
            listen: [listen(ports.http)],
            protocols: ['h1'],
            routes: [identify('http', ports.http), ...panelRoutes(domain, ports, 'http'), ...appRoutes],
          },
          https: {
            ...shared,
            listen: [listen(ports.https)],
            protocols: domain === null ? ['h1', 'h2'] : ['h1', 'h2', 'h3'],
            tls_connection_policies: [{}],
            routes: [identify('https', ports.https), ...panelRoutes(domain, ports, 'https'), ...appRoutes],
          },
        },
      },
      tls: tlsApp(facts, atLeast(8)),
      ...(domain === null
        ? {
            pki: {
              certificate_authorities: {
                // The machine's trust store is the operator's; `npm start` says where the root certificate lies.
                local: { name: 'SkyPanel local CA', install_trust: false },
              },
            },
          }
        : {}),
    },
  }
}

/** What an app learns about a request, as Heroku's router tells it; what a client claims of this kind is overwritten. */
function identify(scheme: 'http' | 'https', port: number) {
  return {
    handle: [
      {
        handler: 'headers',
        request: {
          set: {
            'X-Request-Id': ['{http.request.uuid}'],
            'X-Request-Start': ['{time.now.unix_ms}'],
            'X-Forwarded-Port': [String(port)],
            'X-Forwarded-Proto': [scheme],
          },
          delete: ['X-Skypanel-Error', 'Forwarded'],
        },
        response: { set: { 'X-Request-Id': ['{http.request.uuid}'] }, deferred: true },
      },
    ],
  }
}

/**
 * Hosts that cannot be asked over DNS: a dot at the end leads to the name without it, what is no host name at all goes
 * to the edge without a try.
 */
function strangeHostRoutes(edgePort: number) {
  const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
  const longest = 253 - ROUTE_ZONE.length - 2
  const host = (pattern: string, name?: string) => ({
    header_regexp: { Host: { ...(name === undefined ? {} : { name }), pattern } },
  })
  const location = '{http.request.scheme}://{http.regexp.dotted.1}{http.regexp.dotted.2}{http.request.uri}'
  return [
    {
      match: [host(`^(${label}(?:\\.${label})*)\\.(:\\d{1,5})?$`, 'dotted')],
      terminal: true,
      handle: [{ handler: 'static_response', status_code: 308, headers: { Location: [location] } }],
    },
    {
      match: [{ not: [host(`^${label}(?:\\.${label})*(?::\\d{1,5})?$`)] }, host(`^[^:]{${longest + 1}}`)],
      terminal: true,
      handle: [explainedByEdge(edgePort, '404')],
    },
  ]
}

function appProxy(dnsPort: number, knowsStreamCloseDelay: boolean) {
  return {
    handler: 'reverse_proxy',
    dynamic_upstreams: {
      source: 'a',
      // Never the bare host: with it `Host: 127.0.0.1` would make an open proxy of us.
      name: `{http.request.host}.${ROUTE_ZONE}.`,
      port: String(APP_PORT),
      refresh: `${ROUTER_REFRESH}ms`,
      // Without `udp/` Caddy 2.6 dials TCP.
      resolver: { addresses: [`udp/127.0.0.1:${dnsPort}`] },
    },
    load_balancing: { selection_policy: { policy: 'random' }, try_duration: '2s', try_interval: '50ms' },
    ...(knowsStreamCloseDelay ? { stream_close_delay: '5m' } : {}),
    transport: {
      protocol: 'http',
      dial_timeout: '3s',
      // Shorter than what common app servers keep an idle connection (gunicorn 2 s, Node 5 s): a POST on a connection
      // that the app is closing at that moment would fail.
      keep_alive: { idle_timeout: '1500ms', max_idle_conns_per_host: 64 },
    },
  }
}

/** An error of Caddy's own (no address, nobody listening there, cut off) is put in words by the edge. */
function explainedByEdge(edgePort: number, error = '{http.error.status_code}') {
  return {
    handler: 'reverse_proxy',
    upstreams: [{ dial: `127.0.0.1:${edgePort}` }],
    // The request's body may be gone already.
    rewrite: { method: 'GET', uri: '/' },
    headers: { request: { set: { 'X-Skypanel-Error': [error] } } },
  }
}

/** With a public domain the API, git and dashboard have a host of their own, over TLS alone: tokens travel there. */
function panelRoutes(domain: string | null, ports: Installation['ports'], scheme: 'http' | 'https') {
  if (domain === null) return []
  const match = [{ host: [panelHost(domain)] }]
  const port = ports.https === 443 ? '' : `:${ports.https}`
  const redirect = {
    handler: 'static_response',
    status_code: 308,
    headers: { Location: [`https://${panelHost(domain)}${port}{http.request.uri}`] },
  }
  const proxy = {
    handler: 'reverse_proxy',
    upstreams: [{ dial: `127.0.0.1:${ports.panel}` }],
    // Build output and events are to be seen as they come.
    flush_interval: -1,
  }
  return [{ match, terminal: true, handle: [scheme === 'http' ? redirect : proxy] }]
}

function tlsApp(facts: CaddyFacts, knowsPermission: boolean) {
  const { domain, ports } = facts.installation
  const ask = `http://127.0.0.1:${ports.directory}/ask`
  const { directory, email, roots } = facts.acme
  const issuer =
    domain === null
      ? { module: 'internal', ca: 'local' }
      : {
          module: 'acme',
          ...(directory === null ? {} : { ca: directory }),
          ...(email === null ? {} : { email }),
          ...(roots === null ? {} : { trusted_roots_pem_files: [roots] }),
        }
  const subjects = domain === null ? [`*.${LOCAL_DOMAIN}`, LOCAL_DOMAIN] : [panelHost(domain)]
  return {
    certificates: { automate: subjects },
    automation: {
      // Every other name gets its certificate at the first handshake, if the directory knows it.
      on_demand: knowsPermission ? { permission: { module: 'http', endpoint: ask } } : { ask },
      policies: [
        { subjects, issuers: [issuer] },
        { on_demand: true, issuers: [issuer] },
      ],
    },
  }
}
