import type { FileView } from '../file-view.ts'
import type { Installer } from './installers.ts'
import type { Project } from './project.ts'
import type { Requirements } from './requirements.ts'
import type { UvWorkspace } from './uv-workspace.ts'
import type { Interpreter } from './versions.ts'

export interface InstallParts {
  readonly installer: Installer
  readonly requirements: Requirements
  readonly project: Project
  readonly python: Interpreter
  /** The app is a member of it. */
  readonly workspace: UvWorkspace | null
  /** A server that the start command needs and the app does not bring. */
  readonly added: string | null
}

/** How one installer does it. */
export interface How {
  readonly commands: readonly string[]
  readonly files: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly caches: readonly string[]
  readonly own: readonly string[]
  readonly servesAdded?: true
}

export const having = (view: FileView, ...paths: readonly string[]) =>
  paths.filter((path) => view.exists(path))

/** A file's text; empty when it cannot be read. */
export function textOf(view: FileView, path: string): string {
  const file = view.read(path)
  return file.ok ? file.text : ''
}
