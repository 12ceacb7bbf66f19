import { describe, expect, test } from 'vitest'
import { caddyConfig, caddyVersion, type CaddyFacts } from './caddy-config.ts'

const ports = {
  panel: 1,
  http: 80,
  https: 443,
  dns: 4,
  directory: 5,
  edge: 6,
  consulHttp: 7,
  consulRpc: 8,
  consulSerf: 9,
}
const facts = (domain: string | null, version = '2.6.2', directory: string | null = null): CaddyFacts => ({
  installation: { domain, ports },
  folder: '/home/caddy',
  adminSocket: '/home/run/caddy/admin.sock',
  version,
  acme: { directory, email: null, roots: null },
})
const text = (one: CaddyFacts) => JSON.stringify(caddyConfig(one))

describe("Caddy's configuration", () => {
  test('asks for the host below our zone and never for the bare host', () => {
    expect(text(facts(null))).toContain('"name":"{http.request.host}.route.skypanel.internal."')
    expect(text(facts(null))).not.toContain('"name":"{http.request.host}"')
    expect(text(facts(null))).toContain('"udp/127.0.0.1:4"')
  })

  test('listens on loopback alone until a domain is given, and manages itself by a unix socket', () => {
    const local = caddyConfig(facts(null))
    const open = caddyConfig(facts('apps.example.com'))
    expect(local.apps.http.servers.http.listen).toEqual(['127.0.0.1:80'])
    expect(open.apps.http.servers.https.listen).toEqual([':443'])
    expect(local.admin.listen).toBe('unix//home/run/caddy/admin.sock')
  })

  test('has a local authority without a domain, ACME with one, and a panel over TLS alone', () => {
    expect(text(facts(null))).toContain('"install_trust":false')
    expect(text(facts(null))).not.toContain('acme')
    const open = caddyConfig(facts('apps.example.com', '2.6.2', 'https://ca.example.com/dir'))
    expect(open.apps.tls.certificates.automate).toEqual(['panel.apps.example.com'])
    expect(JSON.stringify(open.apps.tls)).toContain('"ca":"https://ca.example.com/dir"')
    expect(JSON.stringify(open.apps.http.servers.http)).toContain(
      'https://panel.apps.example.com{http.request.uri}',
    )
    expect(JSON.stringify(open.apps.http.servers.http)).not.toContain('127.0.0.1:1"')
  })

  test('uses what newer versions know, and nothing that 2.6 would refuse', () => {
    expect(text(facts(null))).not.toMatch(/stream_close_delay|permission/)
    expect(text(facts(null, 'v2.7.6 h1:abc='))).toContain('stream_close_delay')
    expect(text(facts(null, 'v2.11.9 h1:abc='))).toContain('"permission":{"module":"http"')
    expect(caddyVersion('')).toEqual([2, 6])
  })
})
