import { describe, expect, it } from 'vitest'
import type { Access } from '../contract/endpoint.ts'
import { decide } from './permissions.ts'

const account = { platformAdmin: false }
const platform = { platformAdmin: true }
const appRules: readonly Access[] = ['app:view', 'app:deploy', 'app:manage']

describe('rules', () => {
  it('know nobody but on public endpoints', () => {
    expect(decide('public', null, null)).toEqual({ allowed: true })
    for (const access of ['account', 'platform:admin', ...appRules] as const) {
      expect(decide(access, null, 'admin')).toEqual({ allowed: false, code: 'unauthorized' })
    }
  })
  it('hide apps from those who may not see them', () => {
    for (const access of appRules) {
      expect(decide(access, account, null)).toEqual({ allowed: false, code: 'app_not_found' })
      expect(decide(access, account, 'absent')).toEqual({ allowed: false, code: 'app_not_found' })
      expect(decide(access, platform, 'absent')).toEqual({ allowed: false, code: 'app_not_found' })
      expect(decide(access, platform, null)).toEqual({ allowed: true })
    }
  })
  it('let members deploy and admins manage', () => {
    expect(decide('app:deploy', account, 'member')).toEqual({ allowed: true })
    expect(decide('app:manage', account, 'member')).toEqual({ allowed: false, code: 'forbidden' })
    expect(decide('app:manage', account, 'admin')).toEqual({ allowed: true })
    expect(decide('platform:admin', account, 'admin')).toEqual({ allowed: false, code: 'forbidden' })
  })
})
