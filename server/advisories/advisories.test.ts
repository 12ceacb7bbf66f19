import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Component } from '../bom/component.ts'
import { createAdvisories } from './ask-sources.ts'
import { cvss3Score, severityOfScore } from './cvss.ts'
import { fixOf, matching } from './npm-advisories.ts'
import { matchOsv, OsvRecord } from './osv.ts'
import { checkLines, refusal } from './verdict.ts'

const npm = (name: string, version: string): Component => ({ ecosystem: 'npm', name, version, from: 'x' })
const pypi = (name: string, version: string): Component => ({ ecosystem: 'pypi', name, version, from: 'x' })

describe('what the npm registry says', () => {
  const advisory = {
    id: 1,
    url: 'https://example.org/advisories/GHSA-35jh-r3h4-6jhm',
    title: 'Command\nInjection',
    severity: 'high',
    vulnerable_versions: '<4.17.21',
  }
  it('is held against the versions that it speaks of', () => {
    expect(matching(npm('lodash', '4.17.20'), [advisory])).toEqual([
      {
        ecosystem: 'npm',
        name: 'lodash',
        version: '4.17.20',
        id: 'GHSA-35jh-r3h4-6jhm',
        title: 'Command Injection',
        severity: 'high',
        fixedIn: '4.17.21',
        url: advisory.url,
        source: 'npm',
      },
    ])
    expect(matching(npm('lodash', '4.17.21'), [advisory])).toEqual([])
  })
  it.each([
    ['2.1.0', '>=1.0.0 <1.5.0 || >=2.0.0 <2.1.4', '2.1.4'],
    ['1.0.0', '<=1.0.0', null],
    ['1.0.0', '*', null],
  ])('%s within %s is mended in %s', (version, range, fixed) => {
    expect(fixOf(version, range)).toBe(fixed)
  })
})

describe('an OSV record', () => {
  const record = (of: Partial<OsvRecord['affected'][number]>, rest: object = {}) =>
    OsvRecord.parse({ id: 'OSV-1', summary: 's', affected: [of], ...rest })
  const range = (type: string, ...events: object[]) => [{ type, events }]

  it('speaks of the versions between what introduced and what fixed it', () => {
    const one = record({
      package: { ecosystem: 'PyPI', name: 'Flask_Login' },
      ranges: range(
        'ECOSYSTEM',
        { introduced: '1.0' },
        { fixed: '1.2' },
        { introduced: '2.0' },
        { fixed: '2.5' },
      ) as never,
    })
    const hit = (version: string) => matchOsv(one, pypi('flask-login', version))?.fixedIn
    expect([hit('0.9'), hit('1.1'), hit('1.2'), hit('2.4'), hit('2.5')]).toEqual([
      undefined,
      '1.2',
      undefined,
      '2.5',
      undefined,
    ])
    expect(matchOsv(one, npm('flask-login', '1.1'))).toBeNull()
  })
  it('may name versions one by one, a last one, or be withdrawn', () => {
    const of = { package: { ecosystem: 'Go', name: 'example.com/a' } }
    const go = (version: string): Component => ({
      ecosystem: 'golang',
      name: 'example.com/a',
      version,
      from: 'x',
    })
    expect(matchOsv(record({ ...of, versions: ['v1.0.0'] }), go('v1.0.0'))).toMatchObject({ fixedIn: null })
    const last = record({
      ...of,
      ranges: range('SEMVER', { introduced: '0' }, { last_affected: '1.5.0' }) as never,
    })
    expect(matchOsv(last, go('v1.5.0'))).not.toBeNull()
    expect(matchOsv(last, go('v1.5.1'))).toBeNull()
    expect(
      matchOsv(record({ ...of, versions: ['v1.0.0'] }, { withdrawn: '2026-01-01' }), go('v1.0.0')),
    ).toBeNull()
  })
  it('is as grave as it says, or as its vector says', () => {
    const of = { package: { ecosystem: 'npm', name: 'a' }, versions: ['1.0.0'] }
    const grave = (rest: object) => matchOsv(record(of, rest), npm('a', '1.0.0'))?.severity
    expect(grave({ database_specific: { severity: 'MODERATE' } })).toBe('medium')
    expect(
      grave({ severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }] }),
    ).toBe('critical')
    expect(grave({})).toBe('unknown')
  })
  it.each([
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1],
    ['CVSS:3.0/AV:L/AC:H/PR:H/UI:N/S:U/C:L/I:N/A:N', 1.9],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0],
    ['CVSS:4.0/AV:N', null],
  ])('%s has the score %s', (vector, score) => {
    expect(cvss3Score(vector)).toBe(score)
  })
  it('of 7 is high', () => {
    expect([9, 7, 4, 1].map(severityOfScore)).toEqual(['critical', 'high', 'medium', 'low'])
  })
})

describe('asking', () => {
  let server: Server
  let folder: string
  let origin: string
  let asked: string[] = []
  let status = 200
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      if (status !== 200) return void response.writeHead(status).end()
      const reply = request.url?.startsWith('/npm/')
        ? { lodash: [{ id: 1, title: 'Bad', severity: 'critical', vulnerable_versions: '<4.17.21' }] }
        : {
            vulnerabilities: [
              { id: 'PYSEC-1', aliases: ['CVE-2026-1'], summary: 'Bad too', fixed_in: ['2.0.2'] },
              { id: 'PYSEC-2', aliases: [], summary: 'Taken back', fixed_in: [], withdrawn: '2026-01-01' },
            ],
          }
      response.setHeader('content-type', 'application/json')
      request.resume().on('end', () => response.end(JSON.stringify(reply)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.close())
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skypanel-advisories-'))
    asked = []
    status = 200
    return () => rm(folder, { recursive: true, force: true })
  })

  const open = (osv: string | null = null) =>
    createAdvisories(
      {
        npm: { registry: `${origin}/npm/` },
        pip: { indexUrl: `${origin}/py/simple/`, extraIndexUrls: [] },
      },
      osv,
      join(folder, 'cache'),
    )
  const soon = () => AbortSignal.timeout(20_000)
  const release = [npm('lodash', '4.17.20'), npm('ok', '1.0.0'), pypi('flask', '2.0.1')]

  it('goes to the registries of the machine’s own clients, once for each package', async () => {
    const { findings, checked, silent } = await open().ask(release, 1000, soon())
    expect(findings.map(({ name, id, severity, fixedIn }) => [name, id, severity, fixedIn])).toEqual([
      ['lodash', 'npm-1', 'critical', '4.17.21'],
      ['flask', 'CVE-2026-1', 'unknown', '2.0.2'],
    ])
    expect({ checked, silent }).toEqual({ checked: 3, silent: [] })
    expect(asked.toSorted()).toEqual([
      'GET /py/pypi/flask/2.0.1/json',
      'POST /npm/-/npm/v1/security/advisories/bulk',
    ])
    // Another server process finds the answers on the disk.
    const again = await open().ask(release, 2000, soon())
    expect(again.findings).toEqual(findings)
    expect(asked).toHaveLength(2)
    await open().ask(release, 7 * 3600_000, soon())
    expect(asked).toHaveLength(4)
  })

  it('in vain is said, is no failure, and is not tried again for a while', async () => {
    status = 405
    const sources = open()
    const { findings, checked, silent } = await sources.ask(release, 1000, soon())
    expect({ findings, checked }).toEqual({ findings: [], checked: 0 })
    expect(silent).toEqual([
      'The npm registry was asked for known vulnerabilities in vain: it does not tell of vulnerabilities (status 405).',
      'The Python package index was asked for known vulnerabilities in vain: it does not tell of vulnerabilities.',
    ])
    const before = asked.length
    expect((await sources.ask(release, 2000, soon())).silent).toEqual(silent)
    expect(asked).toHaveLength(before)
  })

  it('of somebody who is away is said as well', async () => {
    const gone = createServer()
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
    const { port } = gone.address() as AddressInfo
    await new Promise((resolve) => gone.close(resolve))
    const sources = createAdvisories(
      { npm: { registry: `http://127.0.0.1:${port}/` }, pip: { indexUrl: null, extraIndexUrls: [] } },
      null,
      folder,
    )
    const { silent } = await sources.ask(release, 1000, soon())
    expect(silent).toMatchObject([expect.stringMatching(/^The npm registry .* in vain: .*ECONNREFUSED/)])
    expect((await sources.ask(release, 1000, AbortSignal.abort())).silent).toMatchObject([
      expect.stringContaining('did not answer in time'),
    ])
  })

  it('takes an operator’s OSV files along, broken ones aside, and those that come later', async () => {
    const osv = join(folder, 'osv')
    await mkdir(osv)
    await writeFile(join(osv, 'broken.json'), '{')
    const sources = open(osv)
    expect((await sources.ask([npm('ok', '1.0.0')], 1000, soon())).findings).toEqual([])
    await writeFile(
      join(osv, 'new.json'),
      JSON.stringify({
        id: 'OSV-9',
        affected: [{ package: { ecosystem: 'npm', name: 'ok' }, versions: ['1.0.0'] }],
      }),
    )
    await utimes(osv, 1, 1)
    expect((await sources.ask([npm('ok', '1.0.0')], 1000, soon())).findings).toMatchObject([
      { id: 'OSV-9', source: 'osv' },
    ])
  })
})

describe('the policy', () => {
  const finding = {
    ...matching(npm('a', '1.0.0'), [{ id: 7, title: 'T', severity: 'low', vulnerable_versions: '*' }])[0],
  } as never as Parameters<typeof refusal>[1][number]
  it('block ends the deploy for what is high, critical or of unknown gravity; warn never does', () => {
    expect(refusal('block', [finding])).toBeNull()
    expect(refusal('block', [finding, { ...finding, severity: 'unknown' }])).toContain('a 1.0.0 (npm)')
    expect(refusal('warn', [{ ...finding, severity: 'critical' }])).toBeNull()
  })
  it('says what was found, what it is called and what mends it', () => {
    const lines = checkLines({
      findings: [finding, { ...finding, fixedIn: '1.0.1' }],
      checked: 1,
      silent: ['X was away.'],
    })
    expect(lines).toEqual([
      '-----> Looked for known vulnerabilities in 1 package',
      '       X was away.',
      ' !     a 1.0.0 (npm): low: T (npm-7), no fix is known',
      ' !     a 1.0.0 (npm): low: T (npm-7), fixed in 1.0.1',
    ])
    expect(checkLines({ findings: [], checked: 0, silent: [] })).toEqual([])
    expect(
      checkLines({ findings: Array.from({ length: 20 }, () => finding), checked: 9, silent: [] }),
    ).toHaveLength(17)
  })
})
