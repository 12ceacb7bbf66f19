import semver from 'semver'
import { debianTool, rangeOf } from '../debian-tool.ts'
import { languagePlan, namesWeb } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { override } from '../settings.ts'
import { type Declared, fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { debianRock, type Rocks, readRocks } from './rocks.ts'
import { luaStart } from './start.ts'

const TREE = 'lua_modules'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest, procfile } = context
  const rocks = readRocks(view)
  const named = namesWeb(context)
  const start = named ? null : luaStart(view)
  if (start === null && !named && Object.keys(procfile).length === 0) {
    return refuse(
      'This Lua app has nothing to start',
      'Add a Procfile, as in `web: lua server.lua`; it has to listen on the port in $PORT.',
    )
  }
  const declared: Declared | null =
    fromVersionFile(view, '.lua-version') ??
    fromToolFiles(view, 'lua') ??
    (rocks.lua === null || rocks.from === null ? null : { text: rocks.lua, from: rocks.from })
  const lines = (manifest.defaults['lines'] ?? '').split(' ')
  const version = lineOf(
    override(settings, 'SKYPANEL_LUA_VERSION')?.value ?? declared?.text ?? '*',
    lines,
    rocks.needs,
  )
  const program = `lua${version}`
  const debian = rocks.needs.flatMap(({ name }) => debianRock(name, version) ?? [])
  const others = rocks.needs.filter(({ name }) => debianRock(name, version) === null)
  const asked = debianTool(settings, declared, {
    name: 'lua',
    title: 'Lua',
    version,
    keepsOld: false,
    packages: [
      program,
      ...(others.length === 0 ? [] : ['luarocks', `liblua${version}-dev`]),
      ...[...new Set(debian)].sort(),
    ],
    phase: ['build', 'run'],
  })
  if (!asked.ok) return asked
  const install = step({
    name: 'install',
    commands: others.map(({ name, range }) => {
      const exact = /^==?\s*([\w.-]+)$/.exec(range)?.[1]
      return `luarocks --lua-version ${version} --tree ${TREE} install ${name}${exact === undefined ? '' : ` ${exact}`}`
    }),
    network: true,
    outputs: [TREE],
  })
  return languagePlan({
    tools: [asked.tool],
    steps: others.length === 0 ? [] : [install],
    include: [
      { step: 'source', paths: ['.'] },
      ...(others.length === 0 ? [] : [{ step: 'install', paths: [TREE] }]),
    ],
    env: {
      // Two semicolons stand for Lua's own places.
      LUA_PATH: `/app/?.lua;/app/?/init.lua;/app/src/?.lua;/app/src/?/init.lua;/app/lib/?.lua;/app/${TREE}/share/lua/${version}/?.lua;/app/${TREE}/share/lua/${version}/?/init.lua;;`,
      LUA_CPATH: `/app/${TREE}/lib/lua/${version}/?.so;;`,
      PATH_PREPEND: `/app/${TREE}/bin`,
    },
    processes: start === null ? {} : { web: { command: `${program} ${start}`, from: start } },
    notes: [...asked.notes],
  })
}

/**
 * Of Debian's Luas that fit, the newest that most of the rocks are there for; when none fits, the newest, which is then
 * refused.
 */
function lineOf(text: string, lines: readonly string[], needs: Rocks['needs']): string {
  const range = rangeOf(text)
  const fits = range === null ? [] : lines.filter((line) => semver.intersects(range, `~${line}`))
  const there = (line: string) => needs.filter(({ name }) => debianRock(name, line) !== null).length
  const best = fits.reduce<string | undefined>(
    (found, line) => (found === undefined || there(line) > there(found) ? line : found),
    undefined,
  )
  return best ?? lines[0] ?? '5.4'
}
