import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openImageRegistry, type ImageRegistry } from '../../test/support/image-registry.ts'
import { type NixBench, openNixBench } from '../../test/support/nix-engine.ts'
import { buildOnce } from '../engine-conformance.ts'
import { planFolder } from '../plan-folder.ts'
import { NixEngine } from './engine.ts'
import { physical } from './store.ts'
import { UnshareCells } from './unshare-cells.ts'

const LIMITS = { memoryMb: 1024, cpuMilli: 2000, pids: 500, diskMb: 4096, seconds: 300 }
const TOOL = '#include <stdio.h>\nint main(void) { puts("pulled from the registry"); return 0; }\n'

let bench: NixBench
let registry: ImageRegistry
let engine: NixEngine

beforeAll(async () => {
  registry = await openImageRegistry()
  bench = await openNixBench()
  engine = new NixEngine({
    places: bench.home.at,
    buildGroup: bench.home.group,
    registries: { ...bench.home.registries, images: { aliases: {}, insecure: [registry.place] } },
    // The machine's own network, on whose loopback the registry is.
    cells: new UnshareCells(bench.home.registries.caBundle),
    enter: bench.home.enter,
  })
  await registry.push('team/tool', '1', TOOL)
})
afterAll(async () => {
  await registry?.close()
  await bench?.close()
})

async function push(dockerfile: string, images: Readonly<Record<string, string>> = {}) {
  const source = bench.source({ Dockerfile: dockerfile })
  const planned = await planFolder(join(source, 'app'), {
    builder: 'test',
    inventories: null,
    versions: 'open',
    now: 0,
    images,
  })
  if (!planned.ok) throw new Error(planned.message)
  return buildOnce(engine, source, planned.plan, { app: 'conformance-registry', limits: LIMITS })
}

test('an image is pulled from its registry, for a stage or as the base, with what it starts', async () => {
  const from = `${registry.place}/team/tool:1`
  const copied = await push(`FROM skypanel/stack:13\nCOPY --from=${from} /tool /tool\nRUN /tool > /said\n`)
  if (!copied.outcome.ok) throw new Error(`${copied.outcome.message}\n${copied.lines.join('\n')}`)
  const root = physical(bench.home.store, `${copied.outcome.artifact.stack}/root`)
  expect(readFileSync(join(root, 'said'), 'utf8')).toBe('pulled from the registry\n')
  const based = await push(`FROM company/tool\nUSER 1234\n`, { 'company/tool': from })
  if (!based.outcome.ok) throw new Error(`${based.outcome.message}\n${based.lines.join('\n')}`)
  expect(based.outcome.artifact).toMatchObject({
    processTypes: { web: 'exec /tool serve' },
    env: { FROM_REGISTRY: 'yes' },
    image: { uid: 1234 },
  })
  expect(existsSync(physical(bench.home.store, `${based.outcome.artifact.stack}/root/tool`))).toBe(true)
})

test('an image that its registry does not have is told by its line', async () => {
  const { outcome } = await push(`FROM scratch AS a\nFROM ${registry.place}/team/none:2\n`)
  expect(outcome).toMatchObject({
    ok: false,
    message: expect.stringMatching(/^Dockerfile, line 2: Its registry has no image .*team\/none:2/) as string,
  })
})

test('a registry that does not answer is told by the line, with what to do', async () => {
  const { outcome } = await push('FROM 127.0.0.1:9/team/tool:1\nCMD x\n')
  expect(outcome).toMatchObject({
    ok: false,
    message: expect.stringMatching(
      /^Dockerfile, line 1: The registry of the image .* does not answer/,
    ) as string,
    hint: expect.stringContaining('docs/dockerfile.md') as string,
  })
})
