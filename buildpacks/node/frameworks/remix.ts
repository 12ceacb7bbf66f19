import { hasDependency } from '../package-json.ts'
import { configText } from './config-text.ts'
import type { Framework, Output } from './framework.ts'

const spa: Output = {
  kind: 'site',
  dir: 'build/client',
  indexFallback: true,
  immutable: ['/assets/*'],
  instead: /^(?:react-router-serve|remix-serve|vite preview)\b/,
}

/** Remix 2 with its own server, or as a single page. */
export const remix: Framework = {
  name: 'Remix',
  output({ view, pkg }) {
    if (!hasDependency(pkg, '@remix-run/dev')) return null
    if (/\bssr\s*:\s*false/.test(configText(view, 'vite.config')))
      return { ...spa, build: 'remix vite:build' }
    if (!hasDependency(pkg, '@remix-run/serve')) return { kind: 'server', start: null }
    const classic = view.exists('remix.config.js')
    return {
      kind: 'server',
      start: `remix-serve ./build/${classic ? '' : 'server/'}index.js`,
      build: classic ? 'remix build' : 'remix vite:build',
      // The older compiler keeps what it made of each file, with the time.
      ...(classic ? { cache: { name: 'remix', folder: '.cache' } } : {}),
      runEnv: { HOST: '0.0.0.0' },
    }
  },
}

/** React Router 7 as a framework. */
export const reactRouter: Framework = {
  name: 'React Router',
  output({ view, pkg }) {
    if (!hasDependency(pkg, '@react-router/dev')) return null
    if (/\bssr\s*:\s*false/.test(configText(view, 'react-router.config')))
      return { ...spa, build: 'react-router build' }
    if (!hasDependency(pkg, '@react-router/serve')) return { kind: 'server', start: null }
    return {
      kind: 'server',
      start: 'react-router-serve ./build/server/index.js',
      build: 'react-router build',
      runEnv: { HOST: '0.0.0.0' },
    }
  },
}
