import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { InstanceSpec } from '../../server/contract/nodes.ts'
import {
  APP_UID,
  GO_FD,
  hostnameOf,
  type ImageFacts,
  type InstanceFacts,
  parseStatus,
  systemOverlays,
} from '../command/instance.ts'
import { type RunningProcess, start as startProcess, tryRun } from '../exec.ts'
import type { Limiter } from '../limits/cgroup.ts'
import { createNamespace, namespacePath, removeNamespace } from '../network/namespace.ts'
import { attachTo } from './attach-socket.ts'
import { execOver } from './exec-socket.ts'
import type { Driver, Fingerprint, Handle, Placement } from './driver.ts'
import { commandInside, imageCommand, imageRoots } from './image-command.ts'
import { imageUser } from './image-user.ts'
import { endOf } from './init-end.ts'
import { type KernelNames, leftOver } from './left-over.ts'
import { prepareFolder, writePrivate } from './prepare-folder.ts'
import { isRunning, namespaceInit, type ProcessRef, sendSignal, startTime } from './process.ts'
import { ensureImageSkeleton, ensureSkeleton } from './skeleton.ts'
import type { Supervisor } from './supervisor.ts'

export interface ContainedOptions {
  /** Folder with `bin/shim` and `bin/init`; null as long as they were not compiled. */
  readonly native: () => string | null
  readonly skeletons: string
  readonly resolvConf: string
  /** What instances trust besides; asked at each start, as the operator may change it. */
  readonly caBundle: () => string | null
  readonly allowUnlimited: boolean
  readonly limiter: Limiter
  readonly network: { readonly bridge: string; readonly prefix: number; readonly gateway: string }
  readonly names: KernelNames
  /** The network place of each instance; one map for all drivers of a node, as they share its places. */
  readonly places: Map<string, number>
}

const State = z.object({
  version: z.literal(1),
  folder: z.string(),
  index: z.number().int(),
  pty: z.boolean(),
  attach: z.boolean(),
})
type State = z.infer<typeof State>

/** How long the supervisor has, once the instance's init was killed, before the whole group is. */
const SUPERVISOR_MS = 2000
const POLL_MS = 50

/**
 * Instances of one supervisor (nspawn, LXC) on this machine: shim → supervisor → init → app. What starts, watches, ends
 * and clears them away is the same for all.
 */
export function createContainedDriver(supervisor: Supervisor, options: ContainedOptions): Driver {
  const { limiter, names, places } = options
  const children = new Map<string, RunningProcess>()
  /** Asked once: a machine that can run instances goes on to. */
  let fit: Fingerprint | null = null
  const program = (name: 'shim' | 'init' | 'getent') => join(options.native() ?? '/nonexistent', 'bin', name)
  const group = (id: string) => `i-${id}`
  const stateOf = (handle: Handle): State => State.parse(handle.state)

  async function fingerprint(): Promise<Fingerprint> {
    if (process.getuid?.() !== 0) return { ok: false, detail: 'the agent is not root' }
    if (options.native() === null)
      return {
        ok: false,
        detail: 'the native programs were not compiled yet; wait until "npm start" has finished',
      }
    const { program: path, remedy } = supervisor
    if (!existsSync(path)) return { ok: false, detail: `${path} is missing; ${remedy}` }
    const missingFile = [program('shim'), program('init'), program('getent')].find((one) => !existsSync(one))
    if (missingFile !== undefined) return { ok: false, detail: `${missingFile} is missing` }
    if (!existsSync('/proc/self/ns/user')) return { ok: false, detail: 'the kernel has no user namespaces' }
    const version = (await tryRun([path, '--version'])).stdout.split('\n')[0] ?? ''
    if (limiter.missing.length === 0) return { ok: true, detail: version }
    const detail = `the machine has no cgroup controller for ${limiter.missing.join(', ')}`
    return options.allowUnlimited
      ? { ok: true, detail: `${version}; ${detail}: these limits do not hold` }
      : { ok: false, detail: `${detail}; enable it, or allow instances without limits (--allow-unlimited)` }
  }

  async function start(
    spec: InstanceSpec,
    placement: Placement,
    stored: (handle: Handle) => Promise<void>,
  ): Promise<Handle> {
    fit = fit?.ok === true ? fit : await fingerprint()
    if (!fit.ok) throw new Error(`Cannot run instances on this node: ${fit.detail}`)
    const { folder, index } = placement
    const { artifact } = spec
    // Before anything is made: a command that the image cannot run leaves nothing behind.
    const image = artifact.image === undefined ? null : imageFacts(spec, artifact.image, program('getent'))
    const handle: Handle = {
      id: spec.id,
      driver: supervisor.name,
      state: { version: 1, folder, index, pty: spec.pty !== null, attach: spec.attach } satisfies State,
    }
    prepareFolder(spec, folder)
    await stored(handle)
    places.set(spec.id, index)
    limiter.create(group(spec.id), spec.limits)
    const netns = names.netns(index)
    const network = createNamespace(program('shim'), {
      ...options.network,
      netns,
      link: names.link(index),
      address: placement.address,
    })
    // It may fail while the shim is still being started; that is told below.
    network.catch(() => undefined)
    const lower =
      image === null
        ? [
            await ensureSkeleton(options.skeletons, placement.uidBase + APP_UID, artifact.layers),
            ...artifact.layers.map((layer) => join(layer, 'app')),
          ]
        : [
            await ensureImageSkeleton(
              options.skeletons,
              placement.uidBase,
              artifact.stack,
              imageRoots(artifact),
            ),
            ...imageRoots(artifact),
          ]
    const facts: InstanceFacts = {
      shim: program('shim'),
      init: program('init'),
      machine: names.machine(spec.id),
      hostname: hostnameOf(spec.name),
      ...placement,
      stack: artifact.stack,
      over: systemOverlays(artifact.stack, artifact.system ?? [], existsSync),
      visible: [...new Set([...artifact.tools, ...artifact.closure])].filter(
        (path) => path !== artifact.stack,
      ),
      lower,
      image,
      diskMb: spec.limits.diskMb,
      cgroups: limiter.views(group(spec.id)),
      netns: namespacePath(netns),
      resolvConf: options.resolvConf,
      caBundle: options.caBundle(),
      attach: spec.attach,
      pty: spec.pty,
      command: spec.command,
    }
    for (const [name, text] of Object.entries(supervisor.files(facts)))
      writePrivate(join(folder, name), text, 0o600)
    const child = await startProcess({
      argv: supervisor.argv(facts),
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      detached: true,
    })
    children.set(spec.id, child)
    await letGo(child, network)
    return handle
  }

  function supervisorOf(handle: Handle): ProcessRef | null {
    const child = children.get(handle.id)
    if (child?.pid !== undefined) {
      const started = child.exitCode === null && child.signalCode === null ? startTime(child.pid) : null
      return started === null ? null : { pid: child.pid, start: started }
    }
    const [pid, started] = read(join(stateOf(handle).folder, 'pid'))
      .trim()
      .split(' ')
    return pid === undefined || started === undefined ? null : { pid: Number(pid), start: started }
  }

  function running(handle: Handle): ProcessRef | null {
    const ref = supervisorOf(handle)
    return ref !== null && isRunning(ref) ? ref : null
  }

  async function gone(handle: Handle, limit: number): Promise<boolean> {
    for (const until = Date.now() + limit; running(handle) !== null; await sleep(5))
      if (Date.now() > until) return false
    return true
  }

  async function kill(handle: Handle): Promise<void> {
    const parent = running(handle)
    const first = parent === null ? null : namespaceInit(parent.pid)
    if (first !== null && sendSignal(first, 'SIGKILL')) await gone(handle, SUPERVISOR_MS)
    await limiter.kill(group(handle.id))
    // One that has only begun is not in its group yet: it is met by its number, and what it made meanwhile by the group.
    for (let left = running(handle); left !== null; left = running(handle)) {
      sendSignal(left.pid, 'SIGKILL')
      await sleep(2)
    }
    await limiter.kill(group(handle.id))
  }

  async function adopt(handle: Handle): Promise<Handle | null> {
    const { folder, index } = stateOf(handle)
    places.set(handle.id, index)
    if (running(handle) !== null) return handle
    const status = parseStatus(read(join(folder, 'status')))
    if (status.started) return handle
    // A start that was interrupted: whoever makes the pid file first has decided whether it still happens.
    const revoked = await writeFile(join(folder, 'pid'), 'revoked\n', { flag: 'wx', mode: 0o600 }).then(
      () => true,
      () => false,
    )
    if (!revoked && running(handle) !== null) return handle
    await limiter.kill(group(handle.id))
    return null
  }

  async function destroy(handle: Handle): Promise<void> {
    const { folder, index } = stateOf(handle)
    await writeFile(join(folder, 'pid'), 'revoked\n', { flag: 'wx', mode: 0o600 }).catch(() => undefined)
    await limiter.remove(group(handle.id))
    await removeNamespace(names.netns(index), names.link(index))
    for (const path of supervisor.leaves(names.machine(handle.id)))
      rmSync(path, { recursive: true, force: true })
    for (const file of ['env', 'exec.sock', 'attach.sock']) rmSync(join(folder, file), { force: true })
    children.delete(handle.id)
    places.delete(handle.id)
  }

  async function wait(handle: Handle) {
    const child = children.get(handle.id)
    if (child !== undefined && child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve))
    // An adopted one is not our child: its end can only be looked for.
    else while (running(handle) !== null) await sleep(POLL_MS)
    const ooms = limiter.oomKills(group(handle.id))
    // The supervisor may have been killed alone, e.g. by the kernel for lack of memory; nothing of it may go on.
    await limiter.kill(group(handle.id))
    return endOf(parseStatus(read(join(stateOf(handle).folder, 'status'))), ooms)
  }

  async function terminate(handle: Handle): Promise<void> {
    const parent = running(handle)
    const first = parent === null ? null : namespaceInit(parent.pid)
    // Straight to the instance's init: a second one to the supervisor would be taken for "kill it now".
    if (first !== null) sendSignal(first, 'SIGTERM')
  }

  return {
    name: supervisor.name,
    fingerprint,
    start,
    adopt,
    wait,
    terminate,
    kill,
    destroy,
    orphans: async (known) => leftOver(known, places, limiter, names, supervisor.machineWord),
    stats: async (handle) => limiter.stats(group(handle.id)),
    attach: (handle) => attachTo(join(stateOf(handle).folder, 'attach.sock')),
    exec: (handle, { artifact }, { command, ...order }) =>
      execOver(
        join(stateOf(handle).folder, 'exec.sock'),
        () => running(handle) !== null,
        commandInside(artifact, command),
        order,
      ),
  }
}

function imageFacts(
  { artifact, command }: InstanceSpec,
  { uid, workdir }: NonNullable<InstanceSpec['artifact']['image']>,
  getent: string,
): ImageFacts {
  const roots = imageRoots(artifact)
  return { getent, workdir, user: imageUser(uid, roots), argv: imageCommand(roots, command) }
}

/** The shim goes on once there is a network; without one, or without us, it ends. */
async function letGo(child: RunningProcess, network: Promise<void>): Promise<void> {
  const line = child.stdio[GO_FD] as Writable
  line.on('error', () => undefined)
  try {
    await network
    line.end('+')
  } catch (error) {
    line.destroy()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    throw error
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
