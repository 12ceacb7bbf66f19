import type { FileView } from '../file-view.ts'
import type { Manager } from './manager-choice.ts'

/** Whether dependencies lie in node_modules, or in archives that a hook of yarn reads. */
export type Linker = 'node_modules' | 'pnp'

export function linkerOf(view: FileView, manager: Pick<Manager, 'name'>): Linker {
  if (manager.name !== 'berry') return 'node_modules'
  const file = view.read('.yarnrc.yml', 64 * 1024)
  const named = file.ok ? /^nodeLinker:\s*["']?([\w-]+)/m.exec(file.text)?.[1] : undefined
  return named === undefined || named === 'pnp' ? 'pnp' : 'node_modules'
}

/** What an install of archives leaves. */
export const PNP_OUTPUTS = [
  '.pnp.cjs',
  '.pnp.loader.mjs',
  '.yarn/cache',
  '.yarn/unplugged',
  '.yarn/install-state.gz',
]

/** Keeps the archives inside of the app, which is what a release ships. */
export const PNP_ENV = {
  YARN_ENABLE_GLOBAL_CACHE: '0',
  YARN_CACHE_FOLDER: '/app/.yarn/cache',
} as const

/** Lets plain `node` find the packages. */
/** Only made where a manifest asks for ES modules. */
export const pnpRunEnv = (esm: boolean) => ({
  NODE_OPTIONS: `--require /app/.pnp.cjs${esm ? ' --experimental-loader file:///app/.pnp.loader.mjs' : ''}`,
})
