import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openLimiter, type Limiter } from './cgroup.ts'
import { watchPatience } from './patience.ts'

const LIMITS = { memoryMb: 64, cpuMilli: 2000, pids: 20 }
/** Processor time of a part of a build, in s. */
const WORK = 0.3

/** What the files of all groups of this limiter say together, as far as this machine has them. */
function weights(limiter: Limiter): string[] {
  return limiter.directories('').flatMap((folder) =>
    ['cpu.idle', 'cpu.shares', 'cpu.weight'].flatMap((file) => {
      const path = join(folder, file)
      return existsSync(path) ? [`${file} ${readFileSync(path, 'utf8').trim()}`] : []
    }),
  )
}

function loop(limiter: Limiter | null): () => void {
  const child = spawn('/bin/sh', ['-c', 'read go; while :; do :; done'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // It begins when it is where it belongs.
  for (const folder of limiter?.directories('b-0') ?? [])
    writeFileSync(join(folder, 'cgroup.procs'), String(child.pid))
  child.stdin.end('go\n')
  return () => child.kill('SIGKILL')
}

async function yielding(name: string): Promise<Limiter> {
  const limiter = openLimiter(name, null, true)
  limiter.create('b-0', LIMITS)
  onTestFinished(async () => {
    await limiter.remove('b-0')
    limiter.close()
  })
  return limiter
}

test('builds have what nobody else wants, and a part of it where they insist', async () => {
  const limiter = await yielding('skypanel-f0c1-builds')
  const idle = weights(limiter).find((line) => line.startsWith('cpu.idle'))
  // A kernel before 5.15 has no such groups.
  if (idle !== undefined) expect(idle).toBe('cpu.idle 1')
  limiter.insist(10)
  expect(['cpu.idle 0', 'cpu.shares 102', 'cpu.weight 10']).toEqual(expect.arrayContaining(weights(limiter)))
  limiter.insist(0)
  expect(weights(limiter).find((line) => line.startsWith('cpu.idle'))).toBe(idle)
})

test('a build gets on although its neighbours use every processor for good', async () => {
  const limiter = await yielding('skypanel-f0c2-builds')
  const before = weights(limiter)
  const watch = watchPatience(limiter)
  const neighbours = Array.from({ length: 2 * availableParallelism() }, () => loop(null))
  const end = loop(limiter)
  try {
    while ((limiter.stats('b-0')?.cpuSeconds ?? 0) < WORK) await sleep(100)
  } finally {
    for (const stop of [end, ...neighbours]) stop()
    watch.close()
  }
  expect(weights(limiter)).toEqual(before)
})
