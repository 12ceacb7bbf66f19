import { siteFolder } from '../../static-site.ts'
import { hasDependency } from '../package-json.ts'
import type { Framework, FrameworkApp } from './framework.ts'

/** Angular: files below `dist`, or a server where the workspace names one. */
export const angular: Framework = {
  name: 'Angular',
  output({ view, pkg }) {
    if (!hasDependency(pkg, '@angular/core') || !view.exists('angular.json')) return null
    const project = defaultProject(view)
    if (project === null) return null
    const cache = { name: 'angular', folder: '.angular/cache' }
    const shared = { build: 'ng build', buildEnv: { NG_CLI_ANALYTICS: 'false' }, cache }
    if (project.server)
      return {
        kind: 'server',
        start: `node ${project.dir}/server/server.mjs`,
        instead: /^ng serve\b/,
        ...shared,
      }
    return {
      kind: 'site',
      dir: project.browser ? `${project.dir}/browser` : project.dir,
      indexFallback: true,
      immutable: [],
      ...shared,
    }
  },
}

interface Project {
  readonly dir: string
  readonly browser: boolean
  readonly server: boolean
}

type Json = Readonly<Record<string, unknown>>

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

function defaultProject(view: FrameworkApp['view']): Project | null {
  const file = view.read('angular.json')
  if (!file.ok) return null
  let workspace: Json
  try {
    workspace = object(JSON.parse(file.text.replace(/^\uFEFF/, '')))
  } catch {
    return null
  }
  const projects = object(workspace['projects'])
  const applications = Object.keys(projects).filter(
    (name) => object(projects[name])['projectType'] !== 'library',
  )
  const preferred = workspace['defaultProject']
  const name = typeof preferred === 'string' && applications.includes(preferred) ? preferred : applications[0]
  if (name === undefined) return null
  const project = object(projects[name])
  const build = object(object(project['architect'] ?? project['targets'])['build'])
  const options = object(build['options'])
  const output = options['outputPath']
  const base = typeof output === 'string' ? output : object(output)['base']
  const dir = siteFolder(typeof base === 'string' ? base : `dist/${name}`)
  if (dir === null) return null
  const builder = typeof build['builder'] === 'string' ? build['builder'] : ''
  const browser = builder.endsWith(':application') && object(output)['browser'] !== ''
  return { dir, browser, server: options['ssr'] !== undefined && options['ssr'] !== false && browser }
}
