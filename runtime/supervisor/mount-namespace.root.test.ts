import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../exec.ts'
import { ensureNamespace, hasNamespace, inNamespace, removeNamespace } from './mount-namespace.ts'

let home = ''
beforeEach(async () => {
  home = await mkdtemp('/var/lib/skypanel-ns-')
})
afterEach(async () => {
  await removeNamespace(home)
  await rm(home, { recursive: true })
})

test('inside, the store of the installation is /nix; outside, nothing of it shows', async () => {
  await ensureNamespace(home)
  await writeFile(join(home, 'nix', 'ours'), 'store')
  expect(await run([...inNamespace(home), 'cat', '/nix/ours'])).toBe('store')
  expect(await readdir('/nix')).not.toContain('ours')
})

test('whoever tidies up empty folders on the machine does not take the store away', async () => {
  await ensureNamespace(home)
  await writeFile(join(home, 'nix', 'ours'), 'store')
  await expect(rmdir('/nix')).rejects.toThrow('ENOTEMPTY')
  expect(await run([...inNamespace(home), 'cat', '/nix/ours'])).toBe('store')
})

test('asked again it changes nothing; processes inside keep seeing the same store', async () => {
  await ensureNamespace(home)
  const identity = async () => await run([...inNamespace(home), 'readlink', '/proc/self/ns/mnt'])
  const first = await identity()
  await ensureNamespace(home)
  expect(await identity()).toBe(first)
})

test('one that was killed half-way, pinned but without its store, is made again', async () => {
  const folder = join(home, 'run', 'ns')
  await mkdir(folder, { recursive: true })
  await run(['mount', '--bind', folder, folder])
  await run(['mount', '--make-private', folder])
  await writeFile(join(folder, 'mnt'), '')
  await run(['unshare', `--mount=${join(folder, 'mnt')}`, 'true'])
  expect(await hasNamespace(home)).toBe(false)
  await ensureNamespace(home)
  expect(await hasNamespace(home)).toBe(true)
})

test('removed, it leaves no mount behind', async () => {
  await ensureNamespace(home)
  await removeNamespace(home)
  expect(await hasNamespace(home)).toBe(false)
  expect(await run(['cat', '/proc/self/mountinfo'])).not.toContain(home)
})
