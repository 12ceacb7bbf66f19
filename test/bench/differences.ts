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
