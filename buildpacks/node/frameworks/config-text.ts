import type { FileView } from '../../file-view.ts'
import { siteFolder } from '../../static-site.ts'
import type { PackageJson } from '../package-json.ts'

/** Text of `name.{js,ts,mjs,…}`, empty when there is none. It is searched, never run. Comments are left out. */
export function configText(view: FileView, name: string): string {
  const path = view.find(`${name}.{js,mjs,cjs,ts,mts,cts}`)
  const file = path === null ? null : view.read(path)
  return file?.ok === true ? file.text.replace(/^\s*\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '') : ''
}

/** The string behind `key:`. */
export function literal(text: string, key: string): string | null {
  return new RegExp(`\\b${key}\\s*:\\s*['"\`]([\\w./@-]+)['"\`]`).exec(text)?.[1] ?? null
}

/** The folder behind `key:`, below the app. */
export function folderSetting(text: string, key: string): string | null {
  const value = literal(text, key)
  return value === null ? null : siteFolder(value)
}

/** Bounded, because it is searched with expressions that look ahead from each hit. */
export function scriptsText(pkg: PackageJson): string {
  return Object.values(pkg.scripts).join('\n').slice(0, 20_000)
}

/** Servers that an app may carry beside a bundler; one of them means that there is more than files. */
const SERVERS = [
  'express',
  'fastify',
  'koa',
  'hono',
  '@hono/node-server',
  '@hapi/hapi',
  '@nestjs/core',
  '@adonisjs/core',
  'polka',
  'restify',
]

export function withoutServer(pkg: PackageJson): boolean {
  return !SERVERS.some((name) => name in pkg.dependencies)
}
