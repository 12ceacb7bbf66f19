import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../../test/support/folder.ts'
import { planApp } from '../detect.ts'
import { openFolder } from '../file-view.ts'
import { loadProviders } from '../providers.ts'
import { settingsFrom } from '../settings.ts'

const providers = await loadProviders()
const planned = (files: Record<string, string>, config = {}) =>
  planApp(openFolder(sourceFolder(files)), settingsFrom(config, 'test'), providers)
const plan = (files: Record<string, string>) => {
  const result = planned(files)
  if (!result.ok) throw new Error(result.message)
  return result.plan
}

const zig = (more: Record<string, string>) => ({ 'build.zig': 'b.addExecutable(.{ .name = "x" })', ...more })

describe('the version of Zig', () => {
  it.each([
    [{ '.zig-version': '0.14.1\n' }, '==0.14.1 .zig-version'],
    [{ '.tool-versions': 'zig 0.15\n' }, '==0.15.* .tool-versions'],
    [{ 'build.zig.zon': '.{ .minimum_zig_version = "0.14.0" }' }, '~=0.14.0 build.zig.zon'],
    [{}, '* default'],
  ])('by %j is %s', (files, expected) => {
    const [tool] = plan(zig(files)).tools
    expect(`${tool?.want} ${tool?.from}`).toBe(expected)
  })

  it('that is being developed is refused', () => {
    expect(planned(zig({ '.zigversion': '0.16.0-dev.1+abc\n' }))).toMatchObject({ ok: false })
  })
})

describe('a Zig app', () => {
  it('is built for any machine when its build file takes a target', () => {
    const files = zig({})
    expect(plan(files).steps[0]?.commands.join('\n')).not.toContain('-Dcpu')
    files['build.zig'] += '\nb.standardTargetOptions(.{})'
    expect(plan(files).steps[0]?.commands.join('\n')).toContain('-Dcpu=baseline')
  })

  it('fetches its packages apart from its code', () => {
    const files = zig({ 'build.zig.zon': '.{ .dependencies = .{ .x = .{ .url = "https://x" } } }' })
    expect(plan(files).steps.map(({ name }) => name)).toEqual(['install', 'build'])
  })
})
