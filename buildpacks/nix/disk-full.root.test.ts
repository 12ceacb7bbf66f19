import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, statfs, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NixBench, openNixBench } from '../../test/support/nix-engine.ts'
import { TEST_NIX } from '../../test/support/nix-home.ts'
import { mountSmallDisk } from '../../test/support/small-disk.ts'
import { buildOnce, planOf } from '../engine-conformance.ts'

const run = promisify(execFile)
const MB = 1024 * 1024

let bench: NixBench
let folder: string
let unmount: () => Promise<void>

/** A store on a small disk of its own, with the stacks that the other tests have made. */
beforeAll(async () => {
  await mkdir(join(TEST_NIX, '..'), { recursive: true })
  folder = await mkdtemp(join(TEST_NIX, '..', 'small-disk-'))
  unmount = await mountSmallDisk(folder, 5 * 1024)
  for (const part of ['agent', 'nix', 'nix-packages'])
    if (existsSync(join(TEST_NIX, part))) await run('cp', ['-a', join(TEST_NIX, part), folder])
  bench = await openNixBench(folder)
})
afterAll(async () => {
  await bench.close()
  await unmount()
  await rm(folder, { recursive: true, force: true })
})

/** Fills the disk up to so much free space. */
async function leaveFree(megabytes: number): Promise<void> {
  const filler = join(folder, 'filler')
  await rm(filler, { force: true })
  const { bavail, bsize } = await statfs(folder)
  const size = Math.floor((bavail * bsize) / MB) - megabytes
  await run('fallocate', ['-l', `${size}M`, filler])
}
const makeRoom = () => truncate(join(folder, 'filler'), 0)

test('on a disk that is nearly full no build begins, and what to do is told', async () => {
  await leaveFree(500)
  const { outcome } = await buildOnce(bench.engine, bench.source({}), planOf(['echo never']))
  expect(outcome).toMatchObject({
    ok: false,
    code: 'disk_full',
    message: expect.stringMatching(/^Only \d+ MB of disk are free, and a build needs at least 1024 MB$/),
    hint: expect.stringContaining('Free space'),
  })
})

test('a build that fills the disk is ended as that and leaves nothing, and the next one succeeds', async () => {
  await leaveFree(1200)
  // Slow enough to be seen, and more than there is room for.
  const plan = planOf(['for i in $(seq 15); do head -c 100M /dev/zero > big-$i; sleep 0.2; done'])
  const { outcome } = await buildOnce(bench.engine, bench.source({}), plan, { limits: { diskMb: 4096 } })
  expect(outcome).toMatchObject({
    ok: false,
    code: 'disk_full',
    hint: expect.stringContaining('Free space'),
  })
  expect(await bench.leftovers()).toEqual([])
  const { bavail, bsize } = await statfs(folder)
  expect((bavail * bsize) / MB).toBeGreaterThan(1100)
  await makeRoom()
  const { read } = await bench.built(planOf(['echo made > done']), { 'app.js': 'small' })
  expect(read('done')).toBe('made\n')
})
