import { posix } from 'node:path'
import { siteFolder } from '../../static-site.ts'
import { hasDependency } from '../package-json.ts'
import { configText, literal, scriptsText, withoutServer } from './config-text.ts'
import type { Framework, FrameworkApp } from './framework.ts'

/** A single page built by Vite alone. */
export const vite: Framework = {
  name: 'Vite',
  output(app) {
    const { pkg, view } = app
    if (!hasDependency(pkg, 'vite') || !withoutServer(pkg)) return null
    if (!/\bvite build\b/.test(scriptsText(pkg)) && !view.exists('index.html')) return null
    return {
      kind: 'site',
      dir: outputFolder(app),
      indexFallback: true,
      immutable: ['/assets/*'],
      build: 'vite build',
    }
  },
}

function outputFolder({ view, pkg }: FrameworkApp): string {
  const text = configText(view, 'vite.config')
  const flag = /\bvite build\b[^&|;]*--outDir[ =]["']?([\w./@-]+)/.exec(scriptsText(pkg))?.[1]
  const outDir = flag ?? literal(text, 'outDir') ?? 'dist'
  return siteFolder(posix.join(literal(text, 'root') ?? '.', outDir)) ?? 'dist'
}
