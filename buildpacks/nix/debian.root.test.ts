import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { machineRegistries } from '../../test/support/nix-home.ts'
import { run } from '../../runtime/exec.ts'
import { readDefinition } from './stack.ts'
import { aptSources, extractArgv } from './debian.ts'

test('unpacking packages does not change how mounts spread on the machine', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skypanel-extract-'))
  // Stands for a machine with systemd, where every mount is shared.
  const machine = spawn('unshare', ['--mount', '--propagation', 'shared', 'sleep', '600'])
  try {
    await expect.poll(() => spread(machine.pid)).toContain('shared:')
    const { suite } = await readDefinition()
    const { apt } = await machineRegistries()
    const target = join(folder, 'tree')
    const argv = extractArgv(suite, ['base-files'], target, aptSources(apt, suite))
    await run(['nsenter', '--target', String(machine.pid), '--mount', '--', ...argv])
    expect(existsSync(join(target, 'etc/debian_version'))).toBe(true)
    expect(spread(machine.pid)).toContain('shared:')
  } finally {
    machine.kill('SIGKILL')
    await once(machine, 'exit')
    rmSync(folder, { recursive: true })
  }
})

/** The fields between the options of the root's mount and its type: to whom it spreads. */
function spread(pid: number | undefined): string {
  const root = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[4] === '/')
  return root?.split(' - ')[0] ?? ''
}
