import { describe, expect, it } from 'vitest'
import { pushArguments, pushSettings } from './push.ts'
import { pushOutcome } from './push-outcome.ts'

const url = 'https://panel.example.org/git/shop.git'

it('the token stands in no argument and in no address of a push, and only this host gets it', () => {
  expect(pushArguments({ url, commit: 'a'.repeat(40), branch: 'main' }).join(' ')).not.toContain('skp_')
  const settings = pushSettings(url, 'skp_secret')
  const holding = Object.entries(settings).filter(([, value]) => value.includes('skp_secret'))
  expect(holding).toEqual([['GIT_CONFIG_VALUE_1', 'Authorization: Bearer skp_secret']])
  expect(settings['GIT_CONFIG_KEY_1']).toBe(`http.${url}.extraHeader`)
})

describe('what became of a push', () => {
  const outcome = (code: number, stdout: string, said: readonly string[] = [], spoke = false) =>
    pushOutcome({ code, stdout: `To ${url}\n${stdout}Done\n`, said, spoke }).kind
  const failed = (line: string, spoke = false) =>
    pushOutcome({ code: 128, stdout: '', said: [line], spoke }).kind

  it.each([
    ['accepted', 0, `*\tabc:refs/heads/main\t[new branch]\n`],
    ['accepted', 0, ` \tabc:refs/heads/main\t1111111..2222222\n`],
    ['accepted', 0, `+\tabc:refs/heads/main\t1111111...2222222 (forced update)\n`],
    ['up-to-date', 0, `=\tabc:refs/heads/main\t[up to date]\n`],
    ['shallow', 1, `!\tabc:refs/heads/main\t[remote rejected] (shallow update not allowed)\n`],
    ['rejected', 1, `!\tabc:refs/heads/main\t[remote rejected] (pre-receive hook declined)\n`],
    ['rejected', 1, `!\tabc:refs/heads/main\t[remote rejected] (unpacker error)\n`],
  ])('%s', (kind, code, stdout) => {
    expect(outcome(code, stdout)).toBe(kind)
  })

  it.each([
    ['unauthorized', `fatal: Authentication failed for '${url}/'`],
    ['forbidden', `fatal: unable to access '${url}/': The requested URL returned error: 403`],
    ['not-found', `fatal: repository '${url}/' not found`],
    ['away', `fatal: unable to access '${url}/': Failed to connect to panel.example.org port 443`],
    ['away', `fatal: unable to access '${url}/': The requested URL returned error: 503`],
    ['cut', 'error: RPC failed; curl 18 transfer closed with outstanding read data remaining'],
    ['cut', 'fatal: the remote end hung up unexpectedly'],
    ['failed', 'error: src refspec abc does not match any'],
  ])('%s by what git says', (kind, line) => {
    expect(failed(line)).toBe(kind)
  })

  it('is open when the connection ended while the platform spoke', () => {
    expect(failed('fatal: something new', true)).toBe('cut')
  })
})
