import { describe, expect, it } from 'vitest'
import { appHost, gitUrl, panelUrl, refuseDomain, webUrl } from './hostname.ts'

const local = { domain: null, http: 8080, https: 8443, panel: 8800 }
const open = { domain: 'paas.example', http: 80, https: 443, panel: 8800 }

describe('addresses', () => {
  it('of a platform without a domain are loopback', () => {
    expect(appHost('shop', local)).toBe('shop.skypanel.localhost')
    expect(webUrl('shop', local)).toBe('http://shop.skypanel.localhost:8080')
    expect(webUrl('shop', { ...local, http: 80 })).toBe('http://shop.skypanel.localhost')
    expect(gitUrl('shop', local)).toBe('http://localhost:8800/git/shop.git')
  })
  it('of a platform with a domain are below it, the panel on a reserved name', () => {
    expect(webUrl('shop', open)).toBe('https://shop.paas.example')
    expect(panelUrl(open)).toBe('https://panel.paas.example')
    expect(gitUrl('shop', { ...open, https: 8443 })).toBe('https://panel.paas.example:8443/git/shop.git')
  })
})

describe('a custom domain', () => {
  it.each(['shop.example.org', 'example.org', 'a.b.c.example', 'xn--grn-ioa.example', 'notpaas.example'])(
    'may be %s',
    (name) => {
      expect(refuseDomain(name, open)).toBeNull()
    },
  )
  it.each([
    'paas.example',
    'other.paas.example',
    'panel.paas.example',
    'app.skypanel.localhost',
    'route.skypanel.internal',
    'x.route.skypanel.internal',
    'printer.local',
    '1.0.0.127.in-addr.arpa',
    '127.0.0.1',
    '1.2.3.0x7f',
  ])('may not be %s', (name) => {
    expect(refuseDomain(name, open)).not.toBeNull()
  })
})
