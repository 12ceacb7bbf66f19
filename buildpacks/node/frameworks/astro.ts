import { hasDependency } from '../package-json.ts'
import { configText, folderSetting } from './config-text.ts'
import type { Framework } from './framework.ts'

/** Astro: files, or a server where the configuration names an adapter for Node. */
export const astro: Framework = {
  name: 'Astro',
  output({ view, pkg }) {
    if (!hasDependency(pkg, 'astro')) return null
    const text = configText(view, 'astro.config')
    const dir = folderSetting(text, 'outDir') ?? 'dist'
    const buildEnv = { ASTRO_TELEMETRY_DISABLED: '1' }
    // What Vite prepares of dependencies, under a random name each time.
    const cache = { name: 'vite', folder: 'node_modules/.vite' }
    const serves = /\boutput\s*:\s*['"](?:server|hybrid)['"]|\badapter\s*:/.test(text)
    if (!serves)
      return {
        kind: 'site',
        dir,
        indexFallback: false,
        immutable: ['/_astro/*'],
        build: 'astro build',
        buildEnv,
        cache,
      }
    return {
      kind: 'server',
      start: `node ${dir}/server/entry.mjs`,
      instead: /^astro preview\b/,
      build: 'astro build',
      buildEnv,
      cache,
      runEnv: { HOST: '0.0.0.0' },
    }
  },
}
