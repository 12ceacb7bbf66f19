import type { DriverName } from '../../server/contract/drivers.ts'
import type { Exit, InstanceSpec } from '../../server/contract/nodes.ts'

/** What a driver needs to find an instance again after the agent was killed; stored before the process starts. */
export interface Handle {
  readonly id: string
  readonly driver: string
  /** Driver's own facts (pids with start times, cgroup, namespace names); versioned JSON. */
  readonly state: unknown
}

/** Where an instance lives on this node; prepared by the agent before `start`. */
export interface Placement {
  readonly index: number
  readonly address: string
  /** Folder of this instance below `<home>/instances`. */
  readonly folder: string
  /** First uid of the app's range of 65,536. */
  readonly uidBase: number
  /** Volumes of the instance, attached to block devices of this machine. */
  readonly disks?: readonly { readonly device: string; readonly mount: string }[]
}

export interface Stats {
  readonly memoryMb: number
  readonly cpuSeconds: number
  readonly pids: number
  readonly oomKills: number
}

export type Fingerprint =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly detail: string }

/** A byte stream to a one-off instance, or to a command run inside of one. */
export interface Attachment {
  write(data: Buffer): void
  end(): void
  resize(rows: number, columns: number): void
  signal(name: string): void
  onOutput(listener: (stream: 'stdout' | 'stderr', data: Buffer) => void): void
  /** Called once no more output will come: the instance has ended, or the line broke. */
  onClose(listener: () => void): void
  close(): void
}

/** A command to run inside of a running instance. */
export interface ExecOrder {
  /** As an app's own commands are run; null: a shell. */
  readonly command: string | null
  /** Variables beside those of the instance; these win. */
  readonly env: Readonly<Record<string, string>>
  /** null: pipes, with stderr apart. */
  readonly pty: { readonly rows: number; readonly columns: number } | null
}

export interface Execution extends Attachment {
  /** How the command ended; null when the line broke before: the instance has ended, or `close` was called. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null } | null>
}

/**
 * Runs instances on one node. Every method may be called again with the same instance after a crash of the agent and
 * has the same effect once. Drivers know nothing of apps, health or routing. What a further one (Incus, a VM) has to do
 * and what the agent expects of it: ARCHITECTURE.md, "Drivers".
 *
 * Order of calls for one instance: start → (observe | stats | exec)* → (stop | kill)? → wait resolves → destroy.
 * After a restart of the agent `adopt` stands in the place of `start`.
 */
export interface Driver {
  readonly name: DriverName
  /** Whether this machine can run it, and if not, what is missing. */
  fingerprint(): Promise<Fingerprint>
  /** Resolves once the process exists. `stored` must be called with the handle before any process is made. */
  start(spec: InstanceSpec, placement: Placement, stored: (handle: Handle) => Promise<void>): Promise<Handle>
  /** Finds a running or ended instance again; null when nothing of it is left and its end is unknown. */
  adopt(handle: Handle): Promise<Handle | null>
  /** Resolves when the instance has ended, with the exit status also for adopted ones. */
  wait(handle: Handle): Promise<Pick<Exit, 'code' | 'signal' | 'oom'>>
  /** One SIGTERM to every process of the instance. */
  terminate(handle: Handle): Promise<void>
  /** SIGKILL to the pid namespace's init; resolves when nothing is left. */
  kill(handle: Handle): Promise<void>
  stats(handle: Handle): Promise<Stats | null>
  /** stdin, output and window of an instance that was started with `attach`. */
  attach(handle: Handle): Promise<Attachment>
  /**
   * Runs a command inside of a running instance, under everything that confines the instance itself: user, namespaces,
   * cgroups, system call filter. Its end changes nothing for the instance; the instance's end ends it. `close` is its
   * terminal's end. Errors: an instance that has ended, or that no command can be run in.
   */
  exec(handle: Handle, spec: InstanceSpec, order: ExecOrder): Promise<Execution>
  /** Removes everything outside of `placement.folder`: cgroups, links, namespaces, mounts. */
  destroy(handle: Handle): Promise<void>
  /** Names of what belongs to this driver on the machine and to none of `known`: processes, mounts, links, cgroups. */
  orphans(known: ReadonlySet<string>): Promise<string[]>
}
