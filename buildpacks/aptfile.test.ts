import { expect, it } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { readAptfile } from './aptfile.ts'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const read = (text: string) => readAptfile(openFolder(sourceFolder({ Aptfile: text })))

it('an Aptfile names packages, one a line or several', () => {
  expect(read('# video\nffmpeg\n\nlibvips42t64 jq # tools\nffmpeg\n')).toEqual({
    ok: true,
    packages: ['ffmpeg', 'jq', 'libvips42t64'],
  })
  expect(readAptfile(openFolder(sourceFolder({ x: '' })))).toEqual({ ok: true, packages: [] })
})

it.each([
  [':repo:deb https://example.com/apt stable main', /other repositories/],
  ['https://example.com/x.deb', /named, not linked/],
  ['jq=1.6', /name the package alone/],
  ['-o=APT::x=y', /name the package alone/],
  ['$(reboot)', /small letters/],
])('%s in an Aptfile is refused with a reason and its line', (line, hint) => {
  const result = read(`jq\n${line}\n`)
  expect(result).toMatchObject({ ok: false, message: expect.stringContaining('Line 2') })
  expect(result.ok ? '' : result.hint).toMatch(hint)
})

it('what an Aptfile names is in the plan of every language', async () => {
  const providers = await loadProviders()
  const files = { Aptfile: 'jq\n', 'index.php': '' }
  const planned = planApp(openFolder(sourceFolder(files)), settingsFrom({}, 'test'), providers)
  expect(planned).toMatchObject({ ok: true, plan: { systemPackages: { build: ['jq'], run: ['jq'] } } })
})
