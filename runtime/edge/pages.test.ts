import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HostState } from '../../server/contract/directory.ts'
import { decide } from './decide.ts'
import { renderPage, wantsJson } from './pages.ts'

const state = (change: Partial<HostState>): HostState => ({
  host: 'shop.example.com',
  state: 'serving',
  app: 'shop',
  addresses: ['10.0.0.1', '10.0.0.2'],
  expects: true,
  ...change,
})
const about = { app: null, host: 'shop.example.com', accept: 'text/html', requestId: 'id-1' }

describe('what the edge does', () => {
  test('passes a request on that nobody has had yet, in turn', () => {
    expect([0, 1, 2].map((turn) => decide(state({}), null, turn))).toMatchObject([
      { address: '10.0.0.1' },
      { address: '10.0.0.2' },
      { address: '10.0.0.1' },
    ])
  })

  test('never repeats a request that an instance may have had', () => {
    expect(decide(state({}), 502, 0)).toEqual({ kind: 'page', page: 'no-answer', app: 'shop' })
    expect(decide(state({}), 504, 0)).toMatchObject({ page: 'too-slow' })
  })

  test('tells apart what is unknown, closed, starting, stopped and out of order', () => {
    const page = (one: HostState | null) => decide(one, null, 0)
    expect(page(state({ state: 'unknown', app: null }))).toMatchObject({ page: 'unknown' })
    expect(page(state({ state: 'maintenance' }))).toMatchObject({ page: 'maintenance' })
    expect(page(state({ state: 'no-instance' }))).toMatchObject({ page: 'starting' })
    expect(page(state({ state: 'no-instance', expects: false }))).toMatchObject({ page: 'stopped' })
    expect(page(null)).toMatchObject({ page: 'out-of-order' })
  })
})

describe('its pages', () => {
  test('hold nothing of a host name as markup, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (host) => {
        const { body } = renderPage('unknown', { ...about, host: `<script>${host}</script>"'` })
        expect(body).not.toContain('<script')
      }),
    )
  })

  test('load nothing from elsewhere and may not be framed', () => {
    const { headers, body, status } = renderPage('unknown', about)
    expect(status).toBe(404)
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(body).not.toMatch(/src=|href=|url\(/)
  })

  test('are JSON for clients that want it, with the id of the request', () => {
    const { body, headers } = renderPage('starting', { ...about, app: 'shop', accept: 'application/json' })
    expect(JSON.parse(body)).toMatchObject({ id: 'starting', request_id: 'id-1' })
    expect(headers['retry-after']).toBe('1')
    expect([
      wantsJson('*/*'),
      wantsJson('text/html,application/json'),
      wantsJson('application/problem+json'),
    ]).toEqual([false, false, true])
  })
})
