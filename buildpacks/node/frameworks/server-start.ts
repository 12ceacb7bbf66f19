import { hasDependency, type PackageJson } from '../package-json.ts'

export interface ServerFramework {
  readonly name: string
  readonly start: string
  /** Environment of its build, and of what it starts. */
  readonly buildEnv: Readonly<Record<string, string>>
  readonly runEnv: Readonly<Record<string, string>>
  /** A folder of its own that speeds the next build up. */
  readonly cache: { readonly name: string; readonly folder: string } | null
}

const frameworks: readonly (ServerFramework & { dependency: string })[] = [
  {
    dependency: 'next',
    name: 'Next.js',
    start: 'next start -H 0.0.0.0',
    buildEnv: { NEXT_TELEMETRY_DISABLED: '1' },
    runEnv: { NEXT_TELEMETRY_DISABLED: '1' },
    cache: { name: 'next', folder: '.next/cache' },
  },
  {
    dependency: 'nuxt',
    name: 'Nuxt',
    start: 'node .output/server/index.mjs',
    buildEnv: { NUXT_TELEMETRY_DISABLED: '1' },
    runEnv: { HOST: '0.0.0.0' },
    cache: null,
  },
  {
    dependency: 'astro',
    name: 'Astro',
    start: 'node dist/server/entry.mjs',
    buildEnv: { ASTRO_TELEMETRY_DISABLED: '1' },
    runEnv: { HOST: '0.0.0.0' },
    cache: null,
  },
]

/** The framework whose built app is a server with a start command of its own. */
export function serverFramework(pkg: PackageJson): ServerFramework | null {
  return frameworks.find(({ dependency }) => hasDependency(pkg, dependency)) ?? null
}
