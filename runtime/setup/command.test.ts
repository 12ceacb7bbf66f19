import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { paths } from '../installation.ts'
import { stamp } from './stamp.ts'
import { commandOwner, launcher, leaveCommand, takeCommand } from './steps/command.ts'

let folder = ''
let file = ''
let first = ''
let second = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skypanel-command-'))
  file = join(folder, 'bin', 'skypanel')
  first = join(folder, 'first')
  second = join(folder, 'second')
})
afterEach(async () => await rm(folder, { recursive: true }))

const text = async () => await readFile(file, 'utf8').catch(() => null)
const launcherOf = (home: string) => launcher(paths(home).current, home)

test('the first installation gets the command, the second one leaves it alone', async () => {
  await takeCommand(first, file)
  await takeCommand(second, file)
  expect(await text()).toBe(launcherOf(first))
  expect(await commandOwner(second, file)).toBe('foreign')
})

test('removing an installation leaves the command of another one, and a program that is none of ours', async () => {
  await takeCommand(first, file)
  await leaveCommand(second, [first], file)
  expect(await text()).toBe(launcherOf(first))
  await writeFile(file, '#!/bin/sh\necho mine\n')
  await leaveCommand(first, [], file)
  await takeCommand(first, file)
  expect(await text()).toBe('#!/bin/sh\necho mine\n')
})

test('the command goes to an installation that wanted one, not to one that was started without', async () => {
  const third = join(folder, 'third')
  await stamp(third, 'command', 'wanted')
  await takeCommand(first, file)
  await leaveCommand(first, [second, third], file)
  expect(await text()).toBe(launcherOf(third))
  await leaveCommand(third, [second], file)
  expect(await text()).toBeNull()
})
