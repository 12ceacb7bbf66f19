import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NixBench, openNixBench } from '../../test/support/nix-engine.ts'
import { buildOnce, planOf } from '../engine-conformance.ts'

let bench: NixBench
beforeAll(async () => {
  bench = await openNixBench()
})
afterAll(() => bench.close())

test('whatever is tried, a value of a config var ends in no derivation, output, log or error', async () => {
  const marker = join(bench.scratch, 'begun')
  writeFileSync(marker, '')
  const values = {
    TOKEN: `planted-${process.pid}-value-one`,
    PEM: `-----BEGIN KEY-----\nplanted${process.pid}keylines\n-----END KEY-----`,
  }
  const parts = [values.TOKEN, `planted${process.pid}keylines`]
  const tries = [
    ['echo "$TOKEN"; echo "$PEM"; echo "$TOKEN" >&2; env; exit 3'],
    ['echo "$TOKEN" > file'],
    ['printf "%s" "$PEM" > key.pem'],
    ['mkdir -p node_modules/.cache; echo "$TOKEN" > node_modules/.cache/x'],
    ['echo "@sky leak $TOKEN file"; exit 1'],
    ['echo "@sky leak TOKEN $TOKEN"; exit 1'],
    ['ln -s "$TOKEN" link'],
    ['mkdir "$TOKEN"; touch "$TOKEN/x"'],
    ['set -x; curl -s "http://127.0.0.1/$TOKEN" || :; cat /secrets/env | base64 > encoded; rm encoded'],
  ]
  for (const commands of tries) {
    const { outcome, lines, events } = await buildOnce(
      bench.engine,
      bench.source({}),
      planOf(commands, { network: true }),
      { env: values },
    )
    for (const part of parts)
      expect(JSON.stringify([outcome.ok ? '' : outcome, lines, events]), commands.join()).not.toContain(part)
  }
  // What was there before cannot hold it.
  const store = join(bench.home.at.nix, 'store')
  const list = execFileSync('find', [store, '-maxdepth', '1', '-cnewer', marker, '-print0'], {
    encoding: 'utf8',
  })
  const fresh = [
    ...list.split('\0').filter((path) => path !== '' && path !== store),
    bench.home.at.agentState,
  ]
  expect(fresh.length).toBeGreaterThan(tries.length)
  for (const part of parts) {
    const names = ['-name', `*${part}*`, '-o', '-lname', `*${part}*`]
    expect(execFileSync('find', [...fresh, ...names], { encoding: 'utf8' })).toBe('')
    // grep ends with 1 when it found nothing.
    expect(() => execFileSync('grep', ['-rlF', part, ...fresh], { stdio: 'pipe' })).toThrow()
  }
  expect(await bench.leftovers()).toEqual([])
})
