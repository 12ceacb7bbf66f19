import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Provider, ProviderManifest } from './provider.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

export interface ProviderRoots {
  /** Folder that holds one folder per language with its code; default: beside this module. */
  readonly modulesRoot?: string
  /** The same for the JSON files, should they lie elsewhere. */
  readonly assetsRoot?: string
}

let own: Promise<readonly Provider[]> | null = null

/**
 * The languages of this version of the platform, or those below other roots. Our own folders do not change while we
 * run, so they are read once.
 */
export function loadProviders(roots: ProviderRoots = {}): Promise<readonly Provider[]> {
  if (Object.keys(roots).length > 0) return readProviders(roots)
  own ??= readProviders(roots).catch((error: unknown) => {
    own = null
    throw error
  })
  return own
}

/**
 * Every folder with a `provider.json` is a language. Nothing else names one, so adding a folder adds a language.
 * Throws when a folder is incomplete: half a language must not silently change what apps are taken for.
 */
async function readProviders(roots: ProviderRoots): Promise<readonly Provider[]> {
  const modulesRoot = roots.modulesRoot ?? here
  const assetsRoot = roots.assetsRoot ?? modulesRoot
  const entries = await readdir(assetsRoot, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const loaded = await Promise.all(
    folders.sort().map((folder) => loadProvider(modulesRoot, assetsRoot, folder)),
  )
  const providers = loaded.filter((provider) => provider !== null)
  if (providers.length === 0)
    throw new Error(`No language found below ${assetsRoot}: no folder there has a provider.json.`)
  return providers.sort(
    (a, b) => a.manifest.order - b.manifest.order || (a.manifest.name < b.manifest.name ? -1 : 1),
  )
}

async function loadProvider(
  modulesRoot: string,
  assetsRoot: string,
  folder: string,
): Promise<Provider | null> {
  const file = join(assetsRoot, folder, 'provider.json')
  if (!(await isFile(file))) return null
  const manifest = ProviderManifest.parse(JSON.parse(await readFile(file, 'utf8')))
  if (manifest.name !== folder)
    throw new Error(`${file} names "${manifest.name}", but its folder is "${folder}": make them the same.`)
  const plan = await loadFunction(join(modulesRoot, folder), 'plan')
  if (plan === null)
    throw new Error(`${join(modulesRoot, folder)} has no plan module that exports a function "plan".`)
  const refine = await loadFunction(join(modulesRoot, folder), 'detect')
  const companion = await loadFunction(join(modulesRoot, folder), 'companion')
  return {
    manifest,
    plan: plan as Provider['plan'],
    refine: refine as Provider['refine'],
    companion: companion as Exclude<Provider['companion'], undefined>,
  }
}

type Loaded = (...given: never[]) => unknown

/** The export of the same name; in a checkout the module is TypeScript, in a build JavaScript. */
async function loadFunction(folder: string, name: string): Promise<Loaded | null> {
  for (const extension of ['.ts', '.js', '.mjs']) {
    const file = join(folder, name + extension)
    if (!(await isFile(file))) continue
    const module: unknown = await import(pathToFileURL(file).href)
    const found =
      typeof module === 'object' && module !== null ? (module as Record<string, unknown>)[name] : undefined
    if (typeof found !== 'function') throw new Error(`${file} does not export a function "${name}".`)
    return found as Loaded
  }
  return null
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
