import type { BuildPlan } from '../../buildpacks/plan.ts'

const HEAD = '-----> '
const INDENT = '       '
const BANG = ' !     '

export const head = (text: string) => HEAD + text
export const indent = (text: string) => INDENT + text
export const bang = (text: string) => BANG + text

/** `node 22.21.0 (package.json#engines.node)`: what was chosen, and who asked for it. */
function toolLine(
  { name, version, want, from, source }: BuildPlan['tools'][number],
  locked: ReadonlySet<string>,
): string {
  const chosen = version ?? (source === 'stack' ? 'of the stack' : 'of the distribution')
  const kept = locked.has(name) ? ', locked' : ''
  return `${name} ${chosen} (${from === 'default' ? 'default' : `${want} in ${from}`}${kept})`
}

const NONE: ReadonlySet<string> = new Set()

/** What was detected and chosen: kept with the build, and told to the pusher. */
export function summaryOf(plan: BuildPlan): string[] {
  return [...plan.detected.map(({ provider }) => provider), ...plan.tools.map((tool) => toolLine(tool, NONE))]
}

/** `locked`: tools whose version is that of the last build, as long as the app asks for the same. */
export function planLines(plan: BuildPlan, locked: ReadonlySet<string>): string[] {
  const main = plan.detected.find(({ role }) => role === 'main')
  const evidence = (main?.evidence ?? []).map(({ file }) => file).join(', ')
  return [
    head(`${title(main?.provider ?? 'App')} app detected${evidence === '' ? '' : ` (${evidence})`}`),
    ...plan.tools.map((tool) => indent(toolLine(tool, locked))),
  ]
}

const title = (name: string) => (name === 'node' ? 'Node.js' : name.charAt(0).toUpperCase() + name.slice(1))

export function processLines(types: Readonly<Record<string, string>>, plan: BuildPlan): string[] {
  const names = Object.keys(types).sort()
  if (names.length === 0)
    return [
      head('Discovering process types'),
      bang('No process type was found: nothing will run. Add a Procfile.'),
    ]
  const from = (name: string) => plan.release.processes[name]?.from ?? ''
  const declared = names.filter((name) => from(name).startsWith('Procfile'))
  const defaults = names.filter((name) => !declared.includes(name))
  return [
    head('Discovering process types'),
    ...(declared.length === 0 ? [] : [indent(`Procfile declares types     -> ${declared.join(', ')}`)]),
    ...(defaults.length === 0 ? [] : [indent(`Default types for buildpack -> ${defaults.join(', ')}`)]),
  ]
}

export function liveLines(version: number, url: string | null): string[] {
  const where =
    url === null
      ? indent('deployed to SkyPanel; it has no web process that could be visited')
      : indent(`${url} deployed to SkyPanel`)
  return [indent(`Released v${version}`), where, '']
}

/** Why, the app's last words, and what to do: the end of every push that does not go live. */
export function rejectionLines(why: {
  readonly message: string
  readonly tail: readonly string[]
  /** Stands above the tail. */
  readonly title: string
  readonly hint: string | null
}): string[] {
  const [first = '', ...more] = why.message.trim().split('\n')
  return [
    '',
    bang(`Push rejected: ${first}`),
    ...more.map(bang),
    ...(why.tail.length === 0 ? [] : [bang(why.title), ...why.tail.map(indent)]),
    ...(why.hint === null ? [] : [bang(why.hint)]),
    '',
  ]
}
