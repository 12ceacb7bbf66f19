import { posix } from 'node:path'
import type { FileView } from '../../file-view.ts'
import { siteFolder } from '../../static-site.ts'
import { hasDependency, type PackageJson } from '../package-json.ts'

export interface StaticOutput {
  readonly framework: string
  readonly dir: string
  readonly indexFallback: boolean
  readonly immutable: readonly string[]
}

interface StaticFramework {
  readonly name: string
  match(view: FileView, pkg: PackageJson): boolean
  output(view: FileView, pkg: PackageJson): Omit<StaticOutput, 'framework'>
}

/** Servers that a framework's app may carry; one of them means that there is more than files. */
const SERVERS = [
  'express',
  'fastify',
  'koa',
  'hono',
  '@hapi/hapi',
  '@nestjs/core',
  'next',
  'nuxt',
  '@sveltejs/kit',
  '@remix-run/node',
  '@react-router/node',
  '@tanstack/react-start',
]

const frameworks: readonly StaticFramework[] = [
  {
    name: 'Next.js (static export)',
    match: (view, pkg) =>
      hasDependency(pkg, 'next') && /output\s*:\s*['"]export['"]/.test(config(view, 'next.config')),
    output: (view) => ({
      dir: setting(config(view, 'next.config'), 'distDir') ?? 'out',
      indexFallback: false,
      immutable: ['/_next/static/*'],
    }),
  },
  {
    name: 'Astro',
    match: (view, pkg) =>
      hasDependency(pkg, 'astro') &&
      !/output\s*:\s*['"](?:server|hybrid)['"]|adapter\s*:/.test(config(view, 'astro.config')),
    output: (view) => ({
      dir: setting(config(view, 'astro.config'), 'outDir') ?? 'dist',
      indexFallback: false,
      immutable: ['/_astro/*'],
    }),
  },
  {
    name: 'Create React App',
    match: (_, pkg) => hasDependency(pkg, 'react-scripts') && withoutServer(pkg),
    output: () => ({
      dir: 'build',
      indexFallback: true,
      immutable: ['/static/js/*', '/static/css/*', '/static/media/*'],
    }),
  },
  {
    name: 'Vue CLI',
    match: (_, pkg) => hasDependency(pkg, '@vue/cli-service') && withoutServer(pkg),
    output: () => ({ dir: 'dist', indexFallback: true, immutable: [] }),
  },
  {
    name: 'Vite',
    match: (_, pkg) =>
      hasDependency(pkg, 'vite') && withoutServer(pkg) && /\bvite build\b/.test(scriptsText(pkg)),
    output: (view, pkg) => ({ dir: viteFolder(view, pkg), indexFallback: true, immutable: ['/assets/*'] }),
  },
]

/** The folder of files that this app's build makes, when files are all it makes. */
export function staticOutput(view: FileView, pkg: PackageJson): StaticOutput | null {
  const found = frameworks.find((framework) => framework.match(view, pkg))
  return found === undefined ? null : { framework: found.name, ...found.output(view, pkg) }
}

function withoutServer(pkg: PackageJson): boolean {
  return !SERVERS.some((name) => name in pkg.dependencies)
}

function viteFolder(view: FileView, pkg: PackageJson): string {
  const text = config(view, 'vite.config')
  const flag = /\bvite build\b[^&|;]*--outDir[ =]["']?([\w./@-]+)/.exec(scriptsText(pkg))?.[1]
  const outDir = flag ?? literal(text, 'outDir') ?? 'dist'
  return siteFolder(posix.join(literal(text, 'root') ?? '.', outDir)) ?? 'dist'
}

/** Text of `name.{js,ts,mjs,…}`, empty when there is none. It is searched, never run. */
function config(view: FileView, name: string): string {
  const path = view.find(`${name}.{js,mjs,cjs,ts,mts,cts}`)
  const file = path === null ? null : view.read(path)
  return file?.ok === true ? file.text : ''
}

function literal(text: string, key: string): string | null {
  return new RegExp(`\\b${key}\\s*:\\s*['"]([\\w./@-]+)['"]`).exec(text)?.[1] ?? null
}

function setting(text: string, key: string): string | null {
  const value = literal(text, key)
  return value === null ? null : siteFolder(value)
}

/** Bounded, because it is searched with expressions that look ahead from each hit. */
function scriptsText(pkg: PackageJson): string {
  return Object.values(pkg.scripts).join('\n').slice(0, 20_000)
}
