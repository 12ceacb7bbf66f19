import { posix } from 'node:path'
import { siteFolder } from '../../static-site.ts'
import { hasDependency, type PackageJson } from '../package-json.ts'
import { configText, folderSetting, scriptsText, withoutServer } from './config-text.ts'
import type { Framework, FrameworkApp, SiteOutput } from './framework.ts'

type Row = Omit<SiteOutput, 'kind' | 'dir'> & {
  readonly name: string
  readonly dependency: string
  readonly dir: string | ((app: FrameworkApp) => string)
  readonly when?: (pkg: PackageJson) => boolean
}

/** Generators that make one folder of files and need no more words. */
const rows: readonly Row[] = [
  {
    name: 'Create React App',
    dependency: 'react-scripts',
    dir: 'build',
    when: withoutServer,
    indexFallback: true,
    immutable: ['/static/js/*', '/static/css/*', '/static/media/*'],
    build: 'react-scripts build',
    cache: { name: 'react-scripts', folder: 'node_modules/.cache' },
  },
  {
    name: 'Vue CLI',
    dependency: '@vue/cli-service',
    dir: ({ view }) => folderSetting(configText(view, 'vue.config'), 'outputDir') ?? 'dist',
    when: withoutServer,
    indexFallback: true,
    immutable: [],
    build: 'vue-cli-service build',
  },
  {
    name: 'Gatsby',
    dependency: 'gatsby',
    dir: 'public',
    indexFallback: false,
    immutable: ['/static/*'],
    instead: /^gatsby (?:serve|develop)\b/,
    build: 'gatsby build',
    buildEnv: { GATSBY_TELEMETRY_DISABLED: '1' },
    cache: { name: 'gatsby', folder: '.cache' },
  },
  {
    name: 'Docusaurus',
    dependency: '@docusaurus/core',
    dir: 'build',
    indexFallback: false,
    immutable: ['/assets/*'],
    instead: /^docusaurus (?:start|serve)\b/,
    build: 'docusaurus build',
  },
  {
    name: 'VitePress',
    dependency: 'vitepress',
    dir: ({ pkg }) => besideDocs(pkg, 'vitepress', '.vitepress/dist'),
    when: withoutServer,
    indexFallback: false,
    immutable: ['/assets/*'],
  },
  {
    name: 'VuePress',
    dependency: 'vuepress',
    dir: ({ pkg }) => besideDocs(pkg, 'vuepress', '.vuepress/dist'),
    when: withoutServer,
    indexFallback: false,
    immutable: ['/assets/*'],
  },
  {
    name: 'Eleventy',
    dependency: '@11ty/eleventy',
    dir: ({ view }) => folderSetting(configText(view, '{.eleventy,eleventy.config}'), 'output') ?? '_site',
    when: withoutServer,
    indexFallback: false,
    immutable: [],
    build: 'eleventy',
  },
  {
    name: 'Expo (web)',
    dependency: 'expo',
    dir: 'dist',
    when: (pkg) => /\bexpo export\b/.test(scriptsText(pkg)),
    indexFallback: true,
    immutable: ['/_expo/static/*'],
    instead: /^expo start\b/,
  },
  {
    name: 'Parcel',
    dependency: 'parcel',
    dir: ({ pkg }) =>
      /\bparcel build\b[^&|;]*--dist-dir[ =]([\w./@-]+)/.exec(scriptsText(pkg))?.[1] ?? 'dist',
    when: (pkg) => withoutServer(pkg) && /\bparcel build\b/.test(scriptsText(pkg)),
    indexFallback: true,
    immutable: [],
  },
]

/** `vitepress build docs` builds into the folder that it reads. */
function besideDocs(pkg: PackageJson, program: string, output: string): string {
  const folder = new RegExp(`\\b${program} build(?: ([\\w./@-]+))?`).exec(scriptsText(pkg))?.[1] ?? '.'
  return siteFolder(posix.join(folder, output)) ?? output
}

export const sites: readonly Framework[] = rows.map(({ name, dependency, dir, when, ...rest }) => ({
  name,
  output(app) {
    if (!hasDependency(app.pkg, dependency) || when?.(app.pkg) === false) return null
    const folder = siteFolder(typeof dir === 'string' ? dir : dir(app))
    return folder === null ? null : { kind: 'site', dir: folder, ...rest }
  },
}))
