import { describe, expect, it } from 'vitest'
import type { ProcessHealth } from '../../buildpacks/plan.ts'
import { healthOf, healthWish } from './health-of.ts'

const probe = { path: null, host: null, status: [[100, 399]] as [number, number][], body: null, timeout: 5 }
const wish = (given: Partial<ProcessHealth>): ProcessHealth => ({
  startup: null,
  readiness: null,
  liveness: null,
  bootTimeout: null,
  ...given,
})
const web = { routed: true, path: null, port: 5000, bootTimeout: 60 }

describe('the health of an instance', () => {
  it('is its port alone where nobody says more, and nothing at all for what is not routed', () => {
    expect(healthOf(null, web)).toEqual({ path: null, port: 5000, bootTimeout: 60 })
    expect(healthOf(null, { ...web, routed: false })).toBeNull()
  })

  it('is what the release says, and the path of the app where it leaves that open', () => {
    const said = wish({
      startup: { ...probe, path: '/own' },
      liveness: { ...probe, ...pace },
      bootTimeout: 9,
    })
    expect(healthOf(said, { ...web, path: '/app' })).toMatchObject({
      bootTimeout: 9,
      startup: { path: '/own' },
      liveness: { path: '/app' },
    })
    expect(healthOf(said, web)?.liveness?.path).toBeNull()
    expect(healthOf(wish({ startup: { ...probe, body: 'ok' } }), web)?.startup?.path).toBe('/')
  })

  it('is read from what a build left, of whatever age', () => {
    expect(healthWish({ health: null }, 'web')).toBeNull()
    expect(healthWish({ health: { web: 'odd' } }, 'web')).toBeNull()
    expect(healthWish({ health: { web: wish({}) } }, 'web')).toEqual(wish({}))
    expect(healthWish({ health: { web: wish({}) } }, 'constructor')).toBeNull()
  })
})
const pace = { interval: 10, failures: 3, successes: 1 }
