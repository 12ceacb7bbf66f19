import { hasDependency } from '../package-json.ts'
import { configText, scriptsText } from './config-text.ts'
import type { Framework } from './framework.ts'

/** Nuxt: its output holds all it needs; `nuxt generate` makes files. */
export const nuxt: Framework = {
  name: 'Nuxt',
  output({ view, pkg }) {
    if (!hasDependency(pkg, 'nuxt') && !hasDependency(pkg, 'nuxt3')) return null
    const buildEnv = { NUXT_TELEMETRY_DISABLED: '1' }
    const generates = /\bnuxi? generate\b/.test(pkg.scripts['build'] ?? '')
    const preset = /\bpreset\s*:\s*['"](?:static|github_pages)['"]/.test(configText(view, 'nuxt.config'))
    if (generates || preset || onlyGenerates(scriptsText(pkg))) {
      return {
        kind: 'site',
        dir: '.output/public',
        indexFallback: false,
        immutable: ['/_nuxt/*'],
        instead: /^(?:nuxt|nuxi) (?:start|preview)\b/,
        build: 'nuxt generate',
        buildEnv,
      }
    }
    return {
      kind: 'server',
      start: 'node .output/server/index.mjs',
      instead: /^(?:nuxt|nuxi) (?:start|preview)\b/,
      build: 'nuxt build',
      buildEnv,
      runEnv: { HOST: '0.0.0.0' },
      ships: ['.output'],
    }
  },
}

function onlyGenerates(scripts: string): boolean {
  return /\bnuxi? generate\b/.test(scripts) && !/\bnuxi? build\b/.test(scripts)
}
