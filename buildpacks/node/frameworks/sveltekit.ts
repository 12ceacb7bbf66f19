import { hasDependency } from '../package-json.ts'
import { configText, literal } from './config-text.ts'
import type { Framework } from './framework.ts'

/** SvelteKit, by its adapter. Without one that says where it runs, its automatic one is told that it is a Node server. */
export const sveltekit: Framework = {
  name: 'SvelteKit',
  output({ view, pkg }) {
    if (!hasDependency(pkg, '@sveltejs/kit')) return null
    const text = configText(view, 'svelte.config') + configText(view, 'vite.config')
    const instead = /^(?:vite preview|svelte-kit preview)\b/
    if (text.includes('@sveltejs/adapter-static')) {
      return {
        kind: 'site',
        dir: literal(text, 'pages') ?? 'build',
        indexFallback: literal(text, 'fallback') === 'index.html',
        immutable: ['/_app/immutable/*'],
        instead,
        build: 'vite build',
      }
    }
    const out = literal(text, 'out') ?? 'build'
    const automatic = text.includes('@sveltejs/adapter-auto')
    return {
      kind: 'server',
      start: `node ${out}`,
      instead,
      build: 'vite build',
      // By this name adapter-auto knows that it is to make a server for Node; it installs what it needs for that.
      ...(automatic ? { buildEnv: { GCP_BUILDPACKS: 'true' }, network: true } : {}),
    }
  },
}
