import { readFile } from 'node:fs/promises'
import { Registries } from '../../buildpacks/registries.ts'
import { Installation, paths, type Paths } from '../installation.ts'
import { chooseSupervision } from '../supervisor/choose.ts'
import type { Supervision } from '../supervisor/supervision.ts'
import { installedVersion, type InstalledVersion } from './installed-version.ts'
import type { Options } from './options.ts'

/** What the steps know; each fills in what it made, and asks by name for what earlier ones did. */
export interface SetupContext {
  readonly options: Options
  readonly at: Paths
  readonly env: Readonly<Record<string, string | undefined>>
  installation: Installation | null
  registries: Registries | null
  version: InstalledVersion | null
  admin: { readonly email: string; readonly tokenFile: string } | null
  /** Only in the run that made it: what it lets in is stored nowhere but as a hash. */
  adminLink: string | null
  sample: { readonly url: string; readonly status: number } | null
  warn: (text: string) => void
}

export async function readInstallation(home: string): Promise<Installation | null> {
  const text = await readFile(paths(home).installation, 'utf8').catch(() => null)
  return text === null ? null : Installation.parse(JSON.parse(text))
}

/** Starts from what earlier runs recorded. */
export async function loadContext(
  options: Options,
  env: SetupContext['env'],
  warn: (text: string) => void,
): Promise<SetupContext> {
  const at = paths(options.home)
  const registries = await readFile(at.registries, 'utf8').catch(() => null)
  return {
    options,
    at,
    env,
    installation: await readInstallation(options.home),
    registries: registries === null ? null : Registries.parse(JSON.parse(registries)),
    version: await installedVersion(options.home),
    admin: null,
    adminLink: null,
    sample: null,
    warn,
  }
}

/** A fact that an earlier step must have found; its absence is a fault of the order of steps. */
export function known<T>(fact: T | null, name: string): T {
  if (fact === null) throw new Error(`${name} is not known yet: the steps of setup run in a wrong order`)
  return fact
}

export function supervisionOf(context: SetupContext): Supervision {
  return chooseSupervision(
    known(context.installation, 'the installation'),
    known(context.version, 'the installed version'),
  )
}
