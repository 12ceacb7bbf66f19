import type { CheckResult } from '../../buildpacks/nix/build-job.ts'

/** Of all offline steps, how many have to give the same bytes when they run again. */
export const SAME_GOAL = 0.95

/** A step without network of a fixture that was run twice. */
export interface Compared extends CheckResult {
  readonly name: string
  readonly step: string
}

/** Why a step gives other bytes each time, as far as it is known and not ours to mend. */
const KNOWN: readonly { readonly file: RegExp; readonly why: string }[] = [
  {
    file: /(?:^|\/)(?:BUILD_ID|build-manifest\.json|prerender-manifest\.json|required-server-files\.js)/,
    why: 'Next.js draws a random id for each build; `generateBuildId` in next.config.js sets it',
  },
  { file: /server-reference-manifest|preview/, why: 'Next.js draws random keys for each build' },
  {
    file: /\.nuxt\/manifest|_nuxt\/builds|nuxt\.json$/,
    why: 'Nuxt draws a random id for each build, which `buildId` in nuxt.config sets, and notes the time',
  },
  {
    file: /releases\/COOKIE$/,
    why: 'mix release draws a secret for each build; `cookie` of the release in mix.exs sets it',
  },
  {
    file: /\.svelte-kit\/|_app\/version\.json$/,
    why: 'SvelteKit names its version by the time; `kit.version.name` in svelte.config.js sets it',
  },
]

/** The reason by the files that differ; null: not known. Pure. */
export function whyDifferent(files: readonly string[]): string | null {
  return KNOWN.find(({ file }) => files.some((path) => file.test(path)))?.why ?? null
}

/** One line for a step, and a second one with where it begins to differ. Pure. */
export function tellCompared({ name, step, same, files, sample }: Compared): string {
  if (same) return `✔ ${name}: ${step}`
  const more = files.length > 6 ? ', …' : ''
  const why = whyDifferent(files) ?? 'not explained yet'
  return `✘ ${name}: ${step} differs in ${files.length} files (${why}): ${files.slice(0, 6).join(', ')}${more}\n    ${sample ?? ''}`
}

/** The share of steps that gave the same bytes, as a line, after a table of those that did not. Pure. */
export function summary(compared: readonly Compared[]): { readonly share: number; readonly text: string } {
  const different = compared.filter(({ same }) => !same)
  const same = compared.length - different.length
  const share = compared.length === 0 ? 0 : same / compared.length
  const rows = different.map(
    ({ name, step, files }) =>
      `| ${name} ${step} | ${files.length} | ${whyDifferent(files) ?? 'not explained yet'} |`,
  )
  const table = rows.length === 0 ? [] : ['| step | files | why |', '|---|---|---|', ...rows, '']
  const line = `${share >= SAME_GOAL ? '✔' : '✘'} ${same} of ${compared.length} offline steps gave the same bytes (${(share * 100).toFixed(1)} %)  goal ≥ ${SAME_GOAL * 100} %`
  return { share, text: [...table, line].join('\n') }
}
