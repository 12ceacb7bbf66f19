import { describe, expect, it } from 'vitest'
import { environmentForGit, readInputs } from './config.ts'
import { ActionFailure } from './failure.ts'

const given = (more: Readonly<Record<string, string>> = {}) => ({
  INPUT_HOST: 'https://panel.example.org/',
  INPUT_TOKEN: 'skp_secret',
  INPUT_APP: 'shop',
  ...more,
})

const refusal = (more: Readonly<Record<string, string>>): ActionFailure => {
  try {
    readInputs(given(more))
  } catch (error) {
    if (error instanceof ActionFailure) return error
  }
  throw new Error('the inputs were taken')
}

describe('inputs', () => {
  it('have defaults for all but host, token and app', () => {
    expect(readInputs(given())).toEqual({
      origin: 'https://panel.example.org',
      token: 'skp_secret',
      app: 'shop',
      branch: null,
      directory: '.',
      wait: 60,
      healthcheckPath: null,
      create: false,
      destroy: false,
    })
  })

  it('are read as a workflow writes them', () => {
    const inputs = readInputs(
      given({
        INPUT_HOST: 'panel.example.org:8800',
        INPUT_BRANCH: 'refs/heads/production',
        INPUT_DIRECTORY: ' apps/shop ',
        INPUT_WAIT: 'false',
        'INPUT_HEALTHCHECK-PATH': '/health?deep=1',
        INPUT_CREATE: 'True',
      }),
    )
    expect(inputs).toMatchObject({
      origin: 'https://panel.example.org:8800',
      branch: 'production',
      directory: 'apps/shop',
      wait: 0,
      healthcheckPath: '/health?deep=1',
      create: true,
    })
    expect(readInputs(given({ INPUT_WAIT: '300' })).wait).toBe(300)
  })

  it.each([
    ['host', { INPUT_HOST: '' }],
    ['host', { INPUT_HOST: 'ssh://panel.example.org' }],
    ['host', { INPUT_HOST: 'https://panel.example.org/api' }],
    ['host', { INPUT_HOST: 'https://me:skp_x@panel.example.org' }],
    ['token', { INPUT_TOKEN: ' ' }],
    ['token', { INPUT_TOKEN: 'skp_a\r\nX-Injected: 1' }],
    ['app', { INPUT_APP: '' }],
    ['app', { INPUT_APP: '../other' }],
    ['branch', { INPUT_BRANCH: '--mirror' }],
    ['branch', { INPUT_BRANCH: 'a..b' }],
    ['wait', { INPUT_WAIT: 'soon' }],
    ['healthcheck-path', { 'INPUT_HEALTHCHECK-PATH': 'http://elsewhere/' }],
    ['create', { INPUT_CREATE: 'yes' }],
  ])('are refused by name with what to do: %s %j', (name, more) => {
    const failure = refusal(more)
    expect(failure.title).toBe(`Input ${name}`)
    expect(failure.hint).not.toBeNull()
    expect(failure.text).not.toContain('skp_')
  })
})

it('git gets proxies and certificates, but no token and nothing that lets it trace or look elsewhere', () => {
  const kept = environmentForGit({
    PATH: '/bin',
    https_proxy: 'http://proxy:3128',
    GIT_SSL_CAINFO: '/ca.pem',
    INPUT_TOKEN: 'skp_secret',
    GIT_TRACE_CURL: '1',
    GIT_DIR: '/elsewhere',
    GIT_CONFIG_COUNT: '1',
    UNSET: undefined,
  })
  expect(kept).toEqual({ PATH: '/bin', https_proxy: 'http://proxy:3128', GIT_SSL_CAINFO: '/ca.pem' })
})
