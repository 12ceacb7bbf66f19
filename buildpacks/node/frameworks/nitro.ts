import { hasDependency } from '../package-json.ts'
import { scriptsText } from './config-text.ts'
import type { Framework } from './framework.ts'

const PACKAGES = [
  '@tanstack/react-start',
  '@tanstack/solid-start',
  '@tanstack/start',
  '@solidjs/start',
  'vinxi',
  'nitropack',
]

/** What is built by Nitro (TanStack Start, SolidStart, …): one folder that holds all it needs. */
export const nitro: Framework = {
  name: 'Nitro',
  output({ pkg }) {
    if (!PACKAGES.some((name) => hasDependency(pkg, name))) return null
    return {
      kind: 'server',
      start: 'node .output/server/index.mjs',
      instead: /^(?:vinxi start|vite preview|nitro preview)\b/,
      ...(/\bvite build\b/.test(scriptsText(pkg)) ? {} : { build: 'vinxi build' }),
      runEnv: { HOST: '0.0.0.0' },
    }
  },
}
