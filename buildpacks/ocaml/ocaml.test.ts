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

describe('an app of dune', () => {
  const app = (dune: string, more = {}) => ({ 'dune-project': '(lang dune 3.0)', 'bin/dune': dune, ...more })

  it('names its programs, by the name that they are installed under', () => {
    const { release, steps } = plan(
      app(
        '(executables (names a server) (public_names - web))\n(rule (action (echo "(executable (name no))")))',
      ),
    )
    expect(release.processes['web']?.command).toBe('bin/web')
    expect(steps[0]?.commands.join('\n')).toContain('cp _build/default/bin/server.exe bin-release/web')
  })

  it('gets its libraries from Debian when Debian has all of them, else from opam', () => {
    const from = (libraries: string) => plan(app(`(executable (name x) (libraries ${libraries}))`))
    expect(from('unix lwt.unix yojson').tools[0]?.layer?.packages).toEqual(
      expect.arrayContaining(['liblwt-ocaml-dev', 'libyojson-ocaml-dev']),
    )
    expect(from('lwt.unix').steps).toHaveLength(1)
    expect(from('lwt.unix dream').steps[0]?.commands.join('\n')).toMatch(/opam install dune dream lwt/)
  })

  it('does not ask for libraries of its own, or those of its tests', () => {
    const files = app('(executable (name x) (libraries shop))', {
      'lib/dune': '(library (name shop))',
      'test/dune': '(test (name t) (libraries nobody-has-this))',
    })
    expect(plan(files).steps).toHaveLength(1)
  })
})
