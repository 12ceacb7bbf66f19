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

const cabal = (needs: string) =>
  `name: shop\nversion: 1\n\nlibrary\n  build-depends:\n      base\n    , ${needs}\n\nexecutable server\n  main-is: Main.hs\n  build-depends: base, shop\n\ntest-suite t\n  build-depends: nobody-has-this\n`

describe('an app in Haskell', () => {
  it('is built offline with what Debian has, and with Hackage when something is missing', () => {
    const with_ = (needs: string) => plan({ 'shop.cabal': cabal(needs), 'app/Main.hs': '' })
    expect(with_('warp >=3 && <4').tools[0]?.layer?.packages).toEqual([
      'ghc',
      'cabal-install',
      'libghc-warp-dev',
    ])
    expect(with_('warp').steps.map(({ network }) => network)).toEqual([false])
    expect(with_('odd-package').steps.map(({ name, network }) => `${name} ${network}`)).toEqual([
      'install true',
      'build false',
    ])
  })

  it('with a stack.yaml is built by Stack, which brings the compiler of its snapshot', () => {
    const files = { 'shop.cabal': cabal('warp'), 'app/Main.hs': '', 'stack.yaml': 'resolver: lts-22.43\n' }
    expect(plan(files).tools[0]).toMatchObject({ name: 'stack', want: 'lts-22.43', from: 'stack.yaml' })
    expect(
      plan({ ...files, 'cabal.project': 'packages: .\nwith-compiler: ghc-9.4.7\n' }).tools[0],
    ).toMatchObject({
      name: 'ghc',
      want: '9.4.7',
      from: 'cabal.project',
    })
  })

  it('is none where only a package.yaml lies', () => {
    expect(planned({ 'package.yaml': 'name: x\n' })).toMatchObject({ ok: false })
  })
})

describe('the programs of a package.yaml', () => {
  it('are its executables, not their fields', () => {
    const files = {
      'package.yaml':
        'name: x\nexecutables:\n    post:\n        main: Main.hs\n        ghc-options:\n        - -threaded\n        dependencies:\n        - warp\n    admin:\n        main: Admin.hs\n',
      'Main.hs': '',
    }
    expect(plan(files).steps[0]?.commands.join('\n')).toContain(' exe:post exe:admin')
    expect(plan(files).tools[0]?.layer?.packages).toContain('libghc-warp-dev')
  })
})
