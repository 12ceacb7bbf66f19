import { access, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureNative, readNative } from '../../../buildpacks/nix/native.ts'
import { ensureNix } from '../../../buildpacks/nix/nix.ts'
import { ensureStacks, readStacks } from '../../../buildpacks/nix/stack.ts'
import type { Store } from '../../../buildpacks/nix/store.ts'
import { users } from '../../installation.ts'
import { inNamespace } from '../../supervisor/mount-namespace.ts'
import { pipOwnIndex } from '../client-registries.ts'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'
import { hasStamp, stamp, writeWhole } from '../stamp.ts'

/** Changes with whatever the stacks and Nix's own configuration are made from. */
async function facts(context: SetupContext): Promise<string> {
  const { options } = context
  const definition = await readFile(join(options.checkout, 'buildpacks', 'nix', 'stack.json'), 'utf8')
  const conf = await readFile(join(options.checkout, 'buildpacks', 'nix', 'nix-conf.ts'), 'utf8')
  return JSON.stringify([definition, conf])
}

async function openStore(context: SetupContext, say: (text: string) => void): Promise<Store> {
  const { at, options } = context
  const { id } = known(context.installation, 'the installation')
  const places = { nixPackages: at.nixPackages, nixConf: at.nixConf, buildGroup: users(id).buildGroup }
  return {
    nix: await ensureNix(places, known(context.registries, 'the registries'), say),
    root: at.nix,
    enter: inNamespace(options.home),
  }
}

const usesNix = (context: SetupContext) => known(context.installation, 'the installation').driver !== 'fake'

/** Nix and the two root file systems: `build` with compilers for builds, `run` without for instances. */
export const stacks: Step<SetupContext> = {
  name: 'stacks',
  after: ['mount namespace', 'registries', 'users'],
  async needed(context) {
    if (!usesNix(context)) return false
    const { at, options } = context
    const made = await readStacks(at.agentState).catch(() => null)
    if (made === null || !(await hasStamp(options.home, 'stacks', await facts(context)))) return true
    const inStore = async (path: string) => await isThere(join(at.nix, path.slice('/nix/'.length)))
    return !((await inStore(made.run.path)) && (await inStore(made.build.path)))
  },
  async apply(context, say) {
    const store = await openStore(context, say)
    const made = await ensureStacks(
      store,
      context.at.agentState,
      known(context.registries, 'the registries'),
      say,
    )
    await recordPipIndex(context, join(context.at.nix, made.build.path.slice('/nix/'.length)))
    await stamp(context.options.home, 'stacks', await facts(context))
  },
}

const PIP_MODELS = 'usr/lib/python3/dist-packages/pip/_internal/models/index.py'

/** Versions of uv or Poetry are asked of the index that pip would take: without a setting, only the stack's pip knows. */
async function recordPipIndex(context: SetupContext, stack: string): Promise<void> {
  const registries = known(context.registries, 'the registries')
  const ownIndex = pipOwnIndex(await readFile(join(stack, PIP_MODELS), 'utf8').catch(() => ''))
  if (ownIndex === null || ownIndex === registries.pip.ownIndex) return
  context.registries = { ...registries, pip: { ...registries.pip, ownIndex } }
  await writeWhole(context.at.registries, `${JSON.stringify(context.registries, null, 2)}\n`)
}

/** What the native programs are made from. */
async function nativeFacts(context: SetupContext): Promise<string> {
  const folder = nativeFolder(context)
  const names = (await readdir(folder)).filter((name) => /\.[ch]$/.test(name)).sort()
  const sources = await Promise.all(names.map(async (name) => await readFile(join(folder, name), 'utf8')))
  return JSON.stringify([names, sources, (await readStacks(context.at.agentState))?.build.path ?? null])
}

const nativeFolder = ({ options }: SetupContext) => join(options.checkout, 'runtime', 'native')

/** The init of instances, the shim that starts them and git's hook: compiled once, by the build stack's compiler. */
export const native: Step<SetupContext> = {
  name: 'native programs',
  after: ['stacks'],
  async needed(context) {
    if (!usesNix(context)) return false
    const path = await readNative(context.at.agentState).catch(() => null)
    const there = path !== null && (await isThere(join(context.at.nix, path.slice('/nix/'.length))))
    return !there || !(await hasStamp(context.options.home, 'native', await nativeFacts(context)))
  },
  async apply(context, say) {
    const { at, options } = context
    const made = await readStacks(at.agentState)
    if (made === null) throw new Error('the stacks are not recorded: the steps of setup run in a wrong order')
    const { caBundle } = known(context.registries, 'the registries')
    await ensureNative(
      await openStore(context, say),
      made,
      at.agentState,
      nativeFolder(context),
      caBundle,
      say,
    )
    await stamp(options.home, 'native', await nativeFacts(context))
  },
}

const isThere = async (path: string) =>
  await access(path).then(
    () => true,
    () => false,
  )
