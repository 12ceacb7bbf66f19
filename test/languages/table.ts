import type { Fixture, LanguageFacts, Tried } from './facts.ts'

const SERVED = '✔'
export const BEGIN = '<!-- languages: written by `npm run languages` -->'
export const END = '<!-- /languages -->'
const SOURCES: Readonly<Record<string, string>> = {
  npm: 'the npm registry',
  pypi: 'PyPI',
  goproxy: 'the Go module proxy',
  debian: 'Debian, a layer',
  stack: 'the stack',
  nix: 'nixpkgs',
}
/** Names in a row of the short table before the rest is only counted. */
const SHOWN = 12

/** docs/languages.md, whole. */
export function document(languages: readonly LanguageFacts[]): string {
  const rows = languages.map(
    (language) =>
      `| [${language.manifest.title}](#${language.manifest.name}) | ${versionsOf(language)} | ${offered(language, 'managers')} | ${offered(language, 'frameworks')} | ${counts(language)} |`,
  )
  return `${[
    '# Languages',
    '',
    'Written by `npm run languages` from `buildpacks/<language>/provider.json` and the fixtures beside it; do not edit.',
    '',
    total(languages),
    '',
    `${SERVED} marks what a fixture shows for real: \`npm run test:builds\` installs it, builds it, starts it and asks it for a`,
    'page. What has no mark is a plan that `npm test` compares with its snapshot, or a rule without a fixture.',
    '',
    '**Which language an app is** is told by its files, the surest first; `skypanel detect --explain` says who was asked and',
    'why not. `SKYPANEL_BUILDPACK` (or `BUILDPACK_URL`), `buildpack` in skypanel.toml, and the lists in project.toml, app.json',
    'and .buildpacks decide otherwise, in this order. Names may be those below or as elsewhere: `heroku/nodejs`,',
    '`https://github.com/heroku/heroku-buildpack-python`, `paketo-buildpacks/go`. Of several, the last says what is started.',
    '',
    '**Several apps in one repository**: `SKYPANEL_ROOT=apps/web` (or `PROJECT_PATH`, or `root` in skypanel.toml) names the',
    'folder of the app. Workspaces of npm, pnpm, yarn, bun and uv, Turborepo, Nx, Moon, go.work and `replace`, Cargo workspaces and',
    'Maven modules are built from the root, with the packages that the app needs; a change of the others builds nothing.',
    '',
    '| language | versions | package managers and tools | frameworks | fixtures |',
    '|---|---|---|---|---|',
    ...rows,
    ...languages.flatMap(section),
  ].join('\n')}\n`
}

/** The part of README.md between the two marks. */
export function shortTable(languages: readonly LanguageFacts[]): string {
  const rows = languages.map((language) => {
    const { title, offers } = language.manifest
    const names = [...Object.keys(offers.managers), ...Object.keys(offers.frameworks)]
    const rest = names.length > SHOWN ? `, ${names.length - SHOWN} more` : ''
    return `| ${title} | ${versionsOf(language)} | ${names.slice(0, SHOWN).join(', ')}${rest} | ${numberOf(language, 'served')} of ${language.fixtures.length} |`
  })
  return [
    BEGIN,
    '| language | versions | among what it knows | fixtures really built and served |',
    '|---|---|---|---|',
    ...rows,
    END,
  ].join('\n')
}

/** README.md with its table as it should be; null when it lacks the marks. */
export function withTable(readme: string, table: string): string | null {
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)
  return begin < 0 || end < begin ? null : readme.slice(0, begin) + table + readme.slice(end + END.length)
}

/** Fixtures that an offer names and that are not there. */
export function missingFixtures({ manifest, fixtures }: LanguageFacts): string[] {
  const there = new Set(fixtures.map(({ name }) => name))
  const named = [...Object.values(manifest.offers.managers), ...Object.values(manifest.offers.frameworks)]
  return [...new Set(named.flat())].filter((name) => !there.has(name))
}

function total(languages: readonly LanguageFacts[]): string {
  const sum = (tried: Tried) => languages.reduce((all, language) => all + numberOf(language, tried), 0)
  const all = languages.reduce((count, { fixtures }) => count + fixtures.length, 0)
  return `${languages.length} languages, ${all} fixtures: ${sum('served')} are really built and served, ${sum('planned')} are a plan, ${sum('refused')} are refused with a reason.`
}

const numberOf = ({ fixtures }: LanguageFacts, tried: Tried) =>
  fixtures.filter((fixture) => fixture.tried === tried).length

function versionsOf({ manifest, sources }: LanguageFacts): string {
  const said = manifest.offers.versions
  return said.length > 0 ? said.join('; ') : sources.map((source) => SOURCES[source] ?? source).join(', ')
}

function offered({ manifest, fixtures }: LanguageFacts, what: 'managers' | 'frameworks'): string {
  const served = new Set(fixtures.filter(({ tried }) => tried === 'served').map(({ name }) => name))
  return Object.entries(manifest.offers[what])
    .map(([name, shown]) => (shown.some((fixture) => served.has(fixture)) ? `${name} ${SERVED}` : name))
    .join(', ')
}

function counts(language: LanguageFacts): string {
  const planned = numberOf(language, 'planned')
  const refused = numberOf(language, 'refused')
  return [
    `${numberOf(language, 'served')} ${SERVED}`,
    ...(planned > 0 ? [`${planned} planned`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ].join(', ')
}

function section(language: LanguageFacts): string[] {
  const { manifest, fixtures } = language
  const names = (tried: Tried) => list(fixtures.filter((fixture) => fixture.tried === tried))
  const lines = [
    ['Versions are read from', manifest.versionFiles.map(code).join(', ')],
    ['Elsewhere called', manifest.aliases.map(code).join(', ')],
    ['Builds assets beside it', manifest.companions.map(code).join(', ')],
    ['Really built and served', names('served')],
    ['Planned', names('planned')],
    ['Refused with a reason', names('refused')],
    ['Limits', manifest.offers.limits.join('; ')],
  ].filter(([, text]) => text !== '')
  return [
    '',
    `## <a id="${manifest.name}"></a>${manifest.title}`,
    ...lines.map(([title, text]) => `- ${title}: ${text}`),
  ]
}

const code = (text: string) => `\`${text}\``
const list = (fixtures: readonly Fixture[]) => fixtures.map(({ name }) => code(name)).join(', ')
