import { describe, expect, it } from 'vitest'
import { Away, Foreign, Refused, refusalOf, Untrusted } from './answers.ts'
import { explain } from './explain.ts'
import { isHealthy } from './health.ts'
import { patiently, PAUSES } from './patience.ts'
import { isUntrusted, reasonOf } from './request.ts'

const origin = 'https://panel.example.org'

describe('patience with a platform that is away', () => {
  const tell = () => {
    const waited: number[] = []
    return {
      waited,
      patience: {
        pauses: PAUSES,
        sleep: () => Promise.resolve(),
        waiting: (_reason: string, seconds: number) => void waited.push(seconds),
      },
    }
  }

  it('asks again with longer and longer pauses, and takes the first answer', async () => {
    const { waited, patience } = tell()
    let asked = 0
    const answer = await patiently(patience, () => {
      asked += 1
      return asked < 4 ? Promise.reject(new Away('ECONNREFUSED')) : Promise.resolve('here')
    })
    expect({ answer, waited }).toEqual({ answer: 'here', waited: [1, 2, 4] })
  })

  it('ends, with why', async () => {
    const { waited, patience } = tell()
    await expect(patiently(patience, () => Promise.reject(new Away('gone')))).rejects.toThrow('gone')
    expect(waited).toEqual([...PAUSES])
  })

  it('is not spent on a no', async () => {
    const { waited, patience } = tell()
    const no = new Refused('unauthorized', 'Log in first.', null)
    await expect(patiently(patience, () => Promise.reject(no))).rejects.toBe(no)
    expect(waited).toEqual([])
  })
})

describe('an answer that is no success', () => {
  const body = (id: string) => JSON.stringify({ id, message: 'Because.', request_id: 'r1' })

  it.each([
    [503, body('database_unavailable'), 'Platform away'],
    [502, '<html>Bad Gateway</html>', 'Platform away'],
    [429, body('rate_limited'), 'Platform away'],
    [401, body('unauthorized'), 'Wrong token'],
    [403, body('forbidden'), 'Not allowed'],
    [404, body('app_not_found'), 'App not found'],
    [422, body('name_taken'), 'App name taken'],
    [500, body('internal_error'), 'The platform failed'],
    [409, body('conflict'), 'The platform refused'],
    [404, '<html>Not found</html>', 'Not a SkyPanel platform'],
  ])('%i %s is told as: %s', (status, text, title) => {
    expect(explain(refusalOf(status, text, null), 'shop', origin).title).toBe(title)
  })

  it('that redirects names the host to set', () => {
    const failure = explain(refusalOf(301, '', 'https://new.example.org/api/apps/shop'), 'shop', origin)
    expect(failure.hint).toBe('Set the input host to https://new.example.org')
  })

  it('of a certificate that nobody knows says how to name its authority', () => {
    const error = Object.assign(new Error('self-signed certificate'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })
    expect(isUntrusted(error)).toBe(true)
    const failure = explain(new Untrusted(reasonOf(error), error), 'shop', origin)
    expect(failure.text).toContain('NODE_EXTRA_CA_CERTS')
  })

  it('of a host without TLS says so in one line', () => {
    const error = Object.assign(new Error('write EPROTO 80:wrong version number:record.c:350:\n'), {
      code: 'EPROTO',
    })
    expect(isUntrusted(error)).toBe(true)
    expect(explain(new Untrusted(reasonOf(error), error), 'shop', origin).title).toBe('No TLS')
  })

  it('without a known shape is not taken for a platform', () => {
    expect(refusalOf(404, 'null', null)).toBeInstanceOf(Foreign)
  })
})

it.each([
  [200, '/health', true],
  [302, '/health', true],
  [404, '/health', false],
  [401, null, true],
  [404, null, true],
  [503, null, false],
])('an app that answers %i to %s is healthy: %s', (status, path, expected) => {
  expect(isHealthy(status, path)).toBe(expected)
})
