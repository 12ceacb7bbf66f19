import { expect, it } from 'vitest'
import { App } from '../../server/contract/apps.ts'
import { sampleApp } from '../../test/support/api-samples.ts'
import { appStatus } from './app-status.ts'

const release = { version: 1, commit: null, description: '', created_at: '2026-11-21T12:00:00.000Z' }
const status = (rest: Parameters<typeof sampleApp>[1]) => {
  const { tone, text } = appStatus(
    App.parse(sampleApp('shop', { release, instances: { wanted: 2, ready: 2, crashed: 0 }, ...rest })),
  )
  return `${tone}: ${text}`
}

it('says the one thing to know of an app, the most pressing first', () => {
  expect(status({})).toBe('good: Live')
  expect(status({ release: null, instances: { wanted: 0, ready: 0, crashed: 0 } })).toBe(
    'idle: No release yet',
  )
  expect(status({ instances: { wanted: 2, ready: 1, crashed: 0 } })).toBe('busy: Starting 1/2')
  expect(status({ instances: { wanted: 0, ready: 0, crashed: 0 } })).toBe('idle: Scaled to zero')
  expect(status({ maintenance: true })).toBe('warn: Maintenance')
  expect(status({ maintenance: true, instances: { wanted: 2, ready: 0, crashed: 1 } })).toBe('bad: Crashed')
  expect(status({ work: 'rollback', instances: { wanted: 2, ready: 0, crashed: 1 } })).toBe(
    'busy: Rolling back',
  )
  expect(status({ work: 'destroy', state: 'destroying' })).toBe('bad: Being deleted')
})
