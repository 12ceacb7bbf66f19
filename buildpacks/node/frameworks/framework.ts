import type { FileView } from '../../file-view.ts'
import type { PackageJson } from '../package-json.ts'

/** The folder that is to become an app: the repository's root, or a package in it. */
export interface FrameworkApp {
  readonly view: FileView
  readonly pkg: PackageJson
}

/** A folder that only speeds the next build up. */
export interface FrameworkCache {
  readonly name: string
  readonly folder: string
}

/** The built app is a program. */
export interface ServerOutput {
  readonly kind: 'server'
  /** null: what the app's own scripts say. */
  readonly start: string | null
  /** Start scripts that do not serve this kind of output. */
  readonly instead?: RegExp
  /** Replaces a build script, where there is none. */
  readonly build?: string
  readonly buildEnv?: Readonly<Record<string, string>>
  readonly runEnv?: Readonly<Record<string, string>>
  readonly cache?: FrameworkCache
  /** Commands after the build. */
  readonly after?: readonly string[]
  /** The whole of the app, with the packages that it needs. */
  readonly ships?: readonly string[]
  /** Its build loads something, and cannot do without. */
  readonly network?: boolean
}

/** The built app is files. */
export interface SiteOutput {
  readonly kind: 'site'
  /** null: not a folder that can be served. */
  readonly dir: string
  readonly indexFallback: boolean
  readonly immutable: readonly string[]
  readonly instead?: RegExp
  readonly build?: string
  readonly buildEnv?: Readonly<Record<string, string>>
  readonly cache?: FrameworkCache
  /** Commands after the build, over the folder that it made. */
  readonly after?: (dir: string) => readonly string[]
}

export type Output = ServerOutput | SiteOutput

export interface Framework {
  readonly name: string
  /** null: the app is not made with it. */
  output(app: FrameworkApp): Output | null
}
