import { readFileSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NixBench, openNixBench } from '../../test/support/nix-engine.ts'
import { buildOnce, LIMITS, planOf } from '../engine-conformance.ts'
import { SETTLE_ARCHIVES } from '../java/settle-archives.ts'
import type { BuildPlan } from '../plan.ts'
import { physical } from './store.ts'

let bench: NixBench
beforeAll(async () => {
  bench = await openNixBench()
})
afterAll(() => bench.close())

/** Notes in the cache that it was there, and tells who was before. */
const visits = (word: string, scope: 'app' | 'app+branch'): BuildPlan => ({
  ...planOf([`ls /cache/things > seen; echo x > /cache/things/${word}`], { caches: ['things'] }),
  caches: { things: { dir: '/cache/things', scope } },
})

async function build(plan: BuildPlan, app: string, branch?: string) {
  const request = {
    build: `caches-${app}-${branch ?? ''}`,
    app,
    ...(branch === undefined ? {} : { branch }),
    source: bench.source({}),
    plan,
    env: {},
    limits: LIMITS,
  }
  const outcome = await bench.engine.build(request, () => undefined, new AbortController().signal)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.artifact.layers[0] ?? ''
}

async function seen(plan: BuildPlan, app: string, branch?: string): Promise<string[]> {
  const layer = await build(plan, app, branch)
  const text = readFileSync(physical(bench.home.store, `${layer}/app/seen`), 'utf8')
  return text.split('\n').filter((line) => line !== '')
}

describe('the caches of builds', () => {
  test('of what a framework builds are kept for each branch, of packages for all of them', async () => {
    const app = `branches-${bench.salt}`
    expect(await seen(visits('one', 'app+branch'), app, 'main')).toEqual([])
    expect(await seen(visits('two', 'app+branch'), app, 'feature/x')).toEqual([])
    expect(await seen(visits('three', 'app+branch'), app, 'main')).toEqual(['one'])
    expect(await seen(visits('four', 'app'), app, 'main')).toEqual([])
    expect(await seen(visits('five', 'app'), app, 'other')).toEqual(['four'])
    const caches = await bench.engine.caches(app)
    expect(new Set(caches.map(({ branch }) => branch))).toEqual(new Set(['feature-x', 'main', null]))
  })

  test('are gone after a purge, and then every step is made anew', async () => {
    const app = `purged-${bench.salt}`
    const plan = { ...visits('one', 'app'), steps: visits('one', 'app').steps }
    const folder = bench.source({ 'main.txt': 'x' })
    const push = () => buildOnce(bench.engine, folder, plan, { app })
    await push()
    expect((await push()).events).toContainEqual(
      expect.objectContaining({ type: 'stage', name: 'build', state: 'cached' }),
    )
    expect(await bench.engine.purgeCaches(app)).toBeGreaterThanOrEqual(0)
    expect(await bench.engine.caches(app)).toEqual([])
    expect((await push()).events).toContainEqual(
      expect.objectContaining({ type: 'stage', name: 'build', state: 'done' }),
    )
  })
})

describe('a step that is run twice', () => {
  const twice = async (commands: string[]) => {
    const request = {
      build: `twice-${bench.salt}`,
      app: `twice-${bench.salt}`,
      source: bench.source({ commands: commands.join() }),
      plan: planOf(commands),
      env: {},
      limits: LIMITS,
    }
    const { outcome, checks } = await bench.engine.buildTwice(
      request,
      () => undefined,
      new AbortController().signal,
    )
    if (!outcome.ok) throw new Error(outcome.message)
    return checks.get('build')
  }

  test('and gives the same is told as that, whatever the time', async () => {
    expect(await twice(['mkdir -p dist; touch dist/a; echo text > dist/b'])).toMatchObject({
      same: true,
      files: [],
      sample: null,
    })
  })

  test('and takes its id and its time from us gives the same', async () => {
    const commands = ['mkdir -p dist; echo "${SKYPANEL_BUILD_ID:?}" "${SOURCE_DATE_EPOCH:?}" > dist/id']
    expect(await twice(commands)).toMatchObject({ same: true })
  })

  test('and makes archives gives the same when these are settled, and they can be read', async () => {
    const make = [
      'mkdir -p target; head -c 4 /dev/zero > target/a; touch -d "@$((1000000000 + RANDOM * 30000))" target/a',
      'python3 -m zipfile -c target/a.jar target/a; cat /bin/true target/a.jar > target/b.jar; rm target/a',
    ]
    expect(await twice(make)).toMatchObject({ same: false })
    const read = 'for one in a b; do python3 -m zipfile -t target/$one.jar; done'
    expect(await twice([...make, SETTLE_ARCHIVES, read])).toMatchObject({ same: true })
  })

  test('and does not is told with the files that differ, and nothing stays of the second run', async () => {
    expect(await twice(['mkdir -p dist; date +%N > dist/time; echo same > dist/b'])).toMatchObject({
      same: false,
      files: ['app/dist/time'],
      sample: expect.stringMatching(/^byte \d+: /),
    })
    expect(await bench.leftovers()).toEqual([])
  })
})

test('two releases share the files that they have in common', async () => {
  const big = 'y'.repeat(100_000)
  const copy = (round: string) => ({ ...planOf([`echo ${round} > round`]) })
  const one = await bench.built(copy('one'), { 'big.txt': big })
  const two = await bench.built(copy('two'), { 'big.txt': big })
  const inode = (layer: string | undefined) =>
    statSync(physical(bench.home.store, `${layer ?? ''}/app/big.txt`)).ino
  expect(one.artifact.layers[0]).not.toBe(two.artifact.layers[0])
  expect(inode(one.artifact.layers[0])).toBe(inode(two.artifact.layers[0]))
})
