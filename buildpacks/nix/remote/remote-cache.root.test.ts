import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type NixBench, openNixBench } from '../../../test/support/nix-engine.ts'
import { openS3, type S3Server } from '../../../test/support/s3-server.ts'
import { buildOnce, planOf } from '../../engine-conformance.ts'
import { NixEngine } from '../engine.ts'
import { physical } from '../store.ts'
import { UnshareCells } from '../unshare-cells.ts'
import { hashPart } from './nar-info.ts'
import { parseRemotePlace } from './place.ts'

let bench: NixBench
let s3: S3Server
let warnings: string[] = []
beforeAll(async () => {
  bench = await openNixBench()
  s3 = await openS3()
  // The server is compiled on a machine that has not done so before, beside all the other tests.
}, 1_200_000)
afterAll(async () => {
  await s3.close()
  await bench.close()
})
beforeEach(() => {
  warnings = []
})

const engineWith = (url: string, credentials: string | null = s3.credentials) =>
  new NixEngine({
    places: bench.home.at,
    buildGroup: bench.home.group,
    registries: bench.home.registries,
    cells: new UnshareCells(bench.home.registries.caBundle),
    enter: bench.home.enter,
    remote: {
      place: parseRemotePlace(url),
      credentials,
      trusted: [],
      warn: (message) => warnings.push(message),
    },
  })
const url = (bucket: string) => `s3://${bucket}/node?endpoint=${s3.endpoint}`

/** A build whose output says whether its commands ran. */
async function push(engine: NixEngine, app: string) {
  const source = bench.source({ 'main.txt': `of ${app}` })
  const { outcome, lines } = await buildOnce(engine, source, planOf(['date +%s%N > made; echo "it ran"']), {
    app,
    build: `${app}-build`,
  })
  if (!outcome.ok) throw new Error(outcome.message)
  const [layer = ''] = outcome.artifact.layers
  return {
    layer,
    ran: lines.join('\n').includes('it ran'),
    made: readFileSync(physical(bench.home.store, `${layer}/app/made`), 'utf8'),
  }
}

/** As a collection of garbage on another day, or another machine: nothing of the app is here any more. */
async function lose(engine: NixEngine, app: string, layer: string): Promise<void> {
  await engine.unroot(`${app}-build`)
  await engine.forgetApp(app)
  await engine.collect(null)
  expect(existsSync(physical(bench.home.store, layer))).toBe(false)
}

async function arrived(bucket: string, layer: string): Promise<string> {
  const file = join(s3.bucket(bucket), 'node', `${hashPart(layer) ?? ''}.narinfo`)
  for (let tries = 0; !existsSync(file); tries += 1) {
    if (tries > 300) throw new Error(`nothing arrived in the bucket: ${warnings.join('\n')}`)
    await new Promise((done) => setTimeout(done, 100))
  }
  return file
}

describe('a build cache on S3', () => {
  test('gives back what a build made, signed and compressed, instead of building it again', async () => {
    s3.bucket('whole')
    const engine = engineWith(url('whole'))
    const first = await push(engine, 'whole')
    const info = readFileSync(await arrived('whole', first.layer), 'utf8')
    expect(info).toMatch(/^Sig: skypanel-cache-1:/m)
    expect(info).toMatch(/^Compression: zstd$/m)
    await lose(engine, 'whole', first.layer)
    const again = await push(engine, 'whole')
    expect(again).toEqual({ ...first, ran: false })
    expect(warnings).toEqual([])
  })

  test.each([
    [
      'whose archive was changed',
      (folder: string, info: string) => {
        const archive = join(folder, /^URL: (.*)$/m.exec(readFileSync(info, 'utf8'))?.[1] ?? '')
        const bytes = readFileSync(archive)
        const at = bytes.length >> 1
        bytes[at] = (bytes[at] ?? 0) ^ 0xff
        writeFileSync(archive, bytes)
      },
    ],
    [
      'without a signature',
      (_: string, info: string) =>
        writeFileSync(info, readFileSync(info, 'utf8').replaceAll(/^Sig: .*\n/gm, '')),
    ],
    [
      'signed with a key that nobody trusts',
      (_: string, info: string) =>
        writeFileSync(
          info,
          readFileSync(info, 'utf8').replace(
            /^Sig: .*$/m,
            `Sig: skypanel-cache-1:${Buffer.alloc(64, 7).toString('base64')}`,
          ),
        ),
    ],
    [
      'that names a file outside of the cache',
      (_: string, info: string) =>
        writeFileSync(info, readFileSync(info, 'utf8').replace(/^URL: .*$/m, 'URL: ../../etc/shadow')),
    ],
  ])('an output %s is refused and built here', async (_, spoil) => {
    const bucket = `spoiled-${Math.random().toString(36).slice(2)}`
    s3.bucket(bucket)
    const engine = engineWith(url(bucket))
    const first = await push(engine, bucket)
    spoil(join(s3.bucket(bucket), 'node'), await arrived(bucket, first.layer))
    await lose(engine, bucket, first.layer)
    const again = await push(engineWith(url(bucket)), bucket)
    expect(again.ran).toBe(true)
    expect(again.made).not.toBe(first.made)
    expect(warnings.join('\n')).toContain('left alone for a minute')
  })

  test('that is down, or that refuses the key, costs a warning and no build', async () => {
    const refused = engineWith(url('nowhere'))
    expect((await push(refused, 'nowhere')).ran).toBe(true)
    await s3.stop()
    const down = engineWith(url('whole'))
    expect((await push(down, 'down')).ran).toBe(true)
    await s3.start()
    expect(warnings.length).toBeGreaterThan(0)
    expect(warnings.join('\n')).not.toContain(s3.secret)
  })

  test('keeps its keys to itself: none in an argv, in the store or in a warning', async () => {
    bench.forgetCalls()
    const engine = engineWith(url('whole'))
    await push(engine, 'quiet')
    const key = readFileSync(join(bench.home.at.agentState, 'cache-key'), 'utf8')
    const seen = [...bench.calls(), ...warnings].join('\n')
    expect(seen).not.toContain(s3.secret)
    expect(seen).not.toContain(key.slice(key.indexOf(':') + 1).trim())
  })
})

describe('a build cache in a folder that Nix reads itself', () => {
  test('works the same way', async () => {
    const folder = join(bench.scratch, 'binary-cache')
    const engine = engineWith(`file://${folder}`, null)
    const first = await push(engine, 'folder')
    for (let tries = 0; !existsSync(join(folder, `${hashPart(first.layer) ?? ''}.narinfo`)); tries += 1) {
      if (tries > 300) throw new Error(`nothing arrived: ${warnings.join('\n')}`)
      await new Promise((done) => setTimeout(done, 100))
    }
    await lose(engine, 'folder', first.layer)
    expect(await push(engine, 'folder')).toEqual({ ...first, ran: false })
    rmSync(folder, { recursive: true })
    expect(readdirSync(bench.scratch)).not.toContain('binary-cache')
  })
})
