import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildLimits, Cell, CellProvider } from '../../buildpacks/engine.ts'
import type { Limiter } from '../limits/cgroup.ts'
import { watchPatience } from '../limits/patience.ts'
import { CELL_ADDRESSES, cellAddress } from '../network/address.ts'
import type { Firewall } from '../network/firewall.ts'
import { createNamespace, namespacePath, namespaces, removeNamespace } from '../network/namespace.ts'

export interface CellsOptions {
  readonly shim: () => string
  /** Of builds alone: whatever it holds is ended by `sweep`. */
  readonly limiter: Limiter
  readonly firewall: Firewall
  readonly range: string
  readonly bridge: string
  readonly gateway: string
  readonly netns: (index: number) => string
  readonly netnsPrefix: string
  readonly link: (index: number) => string
  /** Folder for the resolv.conf that cells see. */
  readonly state: string
  readonly caBundle: () => string
  /** URLs of package registries, private ones included. */
  readonly registries: () => readonly string[]
}

export interface Cells extends CellProvider {
  /** Ends every cell whose name holds this text. */
  killAll(name: string): Promise<void>
  /** What an agent that was killed left; before the first build. */
  sweep(): Promise<void>
}

export function createCells(options: CellsOptions): Cells {
  const { limiter } = options
  const open = new Map<number, { name: string; cell: Cell }>()
  let watch: { close(): void } | null = null

  function freeIndex(): number {
    for (let index = 0; index < CELL_ADDRESSES; index++) if (!open.has(index)) return index
    throw new Error('No address is free for another build')
  }

  async function openCell(name: string, limits: BuildLimits): Promise<Cell> {
    const index = freeIndex()
    const group = `b-${index}`
    const netns = options.netns(index)
    const link = options.link(index)
    const resolvConf = join(options.state, 'cell-resolv.conf')
    writeFileSync(resolvConf, `nameserver ${options.gateway}\noptions timeout:2 attempts:3\n`)
    const shim = options.shim()
    const cell: Cell = {
      // The name server is bound over the machine's own, as Nix' fetcher asks the latter.
      prefix: [
        shim,
        ...limiter.directories(group).flatMap((directory) => ['--cgroup', directory]),
        // The agent is protected from the kernel's OOM killer; builds are the first that it may take.
        '--oom',
        '500',
        '--netns',
        namespacePath(netns),
        '--pidns',
        '--bind',
        `${resolvConf}:/etc/resolv.conf`,
        '--',
      ],
      resolvConf,
      caBundle: options.caBundle(),
      oomKills: async () => limiter.oomKills(group),
      kill: () => limiter.kill(group),
      async close() {
        await limiter.remove(group)
        await removeNamespace(netns, link)
        open.delete(index)
        if (open.size > 0) return
        watch?.close()
        watch = null
      },
    }
    open.set(index, { name, cell })
    watch ??= watchPatience(limiter)
    try {
      await options.firewall.allowRegistries(options.registries())
      await limiter.remove(group)
      limiter.create(group, limits)
      await createNamespace(shim, {
        netns,
        link,
        bridge: options.bridge,
        address: cellAddress(options.range, index),
        prefix: 18,
        gateway: options.gateway,
      })
      return cell
    } catch (error) {
      await cell.close()
      throw error
    }
  }

  return {
    open: openCell,
    async killAll(name) {
      await Promise.all(
        [...open.values()].filter((one) => one.name.includes(name)).map((one) => one.cell.kill()),
      )
    },
    async sweep() {
      for (const group of limiter.groups().filter((one) => one.startsWith('b-'))) await limiter.remove(group)
      for (const netns of namespaces(options.netnsPrefix))
        await removeNamespace(
          netns,
          options.link(Number.parseInt(netns.slice(options.netnsPrefix.length), 36)),
        )
    },
  }
}
