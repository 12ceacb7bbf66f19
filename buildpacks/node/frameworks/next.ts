import { posix } from 'node:path'
import { hasDependency } from '../package-json.ts'
import { configText, folderSetting } from './config-text.ts'
import type { Framework } from './framework.ts'

const env = { NEXT_TELEMETRY_DISABLED: '1' }
const NEXT_START = /^next start\b/
/** A port of its own is not the one that is asked for. */
const OTHER_PORT = /^next start\b.*\s(?:-p|--port)[ =]?\d/

/** How long each part of the build took: of no use in a release, and another one each time. */
const withoutTraces = (folder: string) => `rm -f ${folder}/trace ${folder}/trace-build`

/** Next.js: files with `output: 'export'`, a program with all it needs with `'standalone'`, else its own server. */
export const next: Framework = {
  name: 'Next.js',
  output({ view, pkg }) {
    if (!hasDependency(pkg, 'next')) return null
    const text = configText(view, 'next.config')
    const output = /\boutput\s*:\s*['"](\w+)['"]/.exec(text)?.[1]
    const dist = folderSetting(text, 'distDir')
    const folder = dist ?? '.next'
    const cache = { name: 'next', folder: `${folder}/cache` }
    if (output === 'export') {
      return {
        kind: 'site',
        dir: dist ?? 'out',
        indexFallback: false,
        immutable: ['/_next/static/*'],
        instead: NEXT_START,
        build: 'next build',
        buildEnv: env,
        cache: { name: 'next', folder: '.next/cache' },
        after: (dir) => [withoutTraces(posix.join(posix.dirname(dir), '.next'))],
      }
    }
    const after = [withoutTraces(folder)]
    const server = { kind: 'server', build: 'next build', buildEnv: env, runEnv: env, cache, after } as const
    // In a workspace the program lies deeper, by the path from the root that Next traced its files from.
    if (output !== 'standalone' || /outputFileTracingRoot/.test(text))
      return { ...server, start: 'next start -H 0.0.0.0', instead: OTHER_PORT }
    const own = `${folder}/standalone`
    return {
      ...server,
      start: `node ${own}/server.js`,
      instead: NEXT_START,
      runEnv: { ...env, HOSTNAME: '0.0.0.0' },
      after: [
        ...after,
        `mkdir -p ${own}/${folder} && cp -r ${folder}/static ${own}/${folder}/static`,
        `[ ! -d public ] || cp -r public ${own}/public`,
      ],
      ships: [own],
    }
  },
}
