import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NixBench, openNixBench } from '../../test/support/nix-engine.ts'
import { buildOnce, planOf } from '../engine-conformance.ts'
import { physical } from './store.ts'

let bench: NixBench
beforeAll(async () => {
  bench = await openNixBench()
})
afterAll(() => bench.close())

const withPackages = (packages: string[], command: string) => ({
  ...planOf([command]),
  systemPackages: { build: packages, run: packages },
})
const LIMITS = { seconds: 170, diskMb: 2000 }

describe('packages of the system', () => {
  test('are there for builds and instances, made once for all apps, and kept as long as a release needs them', async () => {
    const plan = withPackages(['jq'], 'jq -n 6*7 > answer; ls -A /var/lib > state')
    const first = await bench.built(plan, {}, { app: `one-${bench.salt}`, build: 'one', limits: LIMITS })
    expect(first.read('answer')).toBe('42\n')
    expect(first.read('state')).not.toContain('skypanel')
    const [layer = ''] = first.artifact.system ?? []
    const inLayer = (path: string) => existsSync(physical(bench.home.store, `${layer}/${path}`))
    expect([inLayer('usr/bin/jq'), inLayer('etc/ssl'), inLayer('var/lib/dpkg'), inLayer('tmp')]).toEqual([
      true,
      false,
      false,
      false,
    ])
    const held = readFileSync(physical(bench.home.store, `${layer}/usr/share/skypanel/packages`), 'utf8')
    expect(held).toMatch(/^jq \d\S*$/m)
    // What it needs came along; what the stack has did not.
    expect(held).toMatch(/^libjq1 /m)
    expect(held).not.toMatch(/^(bash|libc6) /m)
    const second = await bench.built(plan, { x: '2' }, { app: `two-${bench.salt}`, limits: LIMITS })
    expect(second.artifact.system).toEqual([layer])
    expect(second.lines.join('\n')).not.toContain('Fetching')
    await bench.engine.forgetApp(`one-${bench.salt}`)
    await bench.engine.forgetApp(`two-${bench.salt}`)
    await bench.engine.collect(null)
    expect(inLayer('usr/bin/jq')).toBe(true)
    for (const build of await bench.engine.rooted()) await bench.engine.unroot(build)
    await bench.engine.collect(null)
    expect(inLayer('usr/bin/jq')).toBe(false)
  })

  test('that Debian does not have are named', async () => {
    const plan = withPackages(['libjpeg-of-dreams-dev'], 'echo never > built')
    const { outcome } = await buildOnce(bench.engine, bench.source({}), plan, { limits: LIMITS })
    expect(outcome).toMatchObject({
      ok: false,
      code: 'build_failed',
      message: expect.stringContaining('"libjpeg-of-dreams-dev"'),
    })
    expect(await bench.leftovers()).toEqual([])
  })

  test('are not waited for by a build that is canceled', async () => {
    const stop = new AbortController()
    const { outcome } = await buildOnce(bench.engine, bench.source({}), withPackages(['tree'], 'tree'), {
      limits: LIMITS,
      signal: stop.signal,
      onLine: (line) => {
        if (line.includes('Fetching')) setTimeout(() => stop.abort(), 300)
      },
    })
    expect(outcome).toMatchObject({ ok: false, code: 'build_canceled' })
    expect(await bench.leftovers()).toEqual([])
  })
})
