import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { BuildPlan } from '../../buildpacks/plan.ts'
import { collectComponents } from './collect-components.ts'

const STATUS = [
  'Package: curl\nStatus: install ok installed\nVersion: 8.14.1-2\n',
  'Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n',
].join('\n')

function folders(): { stack: string; base: string; outside: string } {
  const folder = mkdtempSync(join(tmpdir(), 'skypanel-image-bom-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [stack, base, outside] = ['stack', 'base', 'outside'].map((name) => join(folder, name))
  if (stack === undefined || base === undefined || outside === undefined) throw new Error('no folders')
  for (const place of [join(stack, 'root'), base, outside])
    mkdirSync(join(place, 'var/lib/dpkg'), { recursive: true })
  return { stack, base, outside }
}

const listed = async (stack: string, base: string | null) => {
  const plan = { tools: [] } as unknown as BuildPlan
  const image = { uid: 1000, workdir: '/', base }
  const found = await collectComponents({ stack, layers: [], image }, plan, [], '/nix')
  return found.map(({ name, version }) => `${name} ${version}`)
}

test('what dpkg has put into an image, or into its base, is told', async () => {
  const { stack, base } = folders()
  writeFileSync(join(base, 'var/lib/dpkg/status'), STATUS)
  expect(await listed(stack, base)).toEqual(['curl 8.14.1-2'])
  writeFileSync(join(stack, 'root/var/lib/dpkg/status'), STATUS.replace('8.14.1-2', '9'))
  expect(await listed(stack, base)).toEqual(['curl 9'])
})

test('a link of an image that leads out of it is not followed', async () => {
  const { stack, outside } = folders()
  writeFileSync(join(outside, 'status'), STATUS)
  symlinkSync(join(outside, 'status'), join(stack, 'root/var/lib/dpkg/status'))
  expect(await listed(stack, null)).toEqual([])
})
