/** Everything that decides how one instance is contained; all of it our own data, nothing is a shell's. */
export interface InstanceFacts {
  readonly shim: string
  readonly init: string
  readonly machine: string
  readonly hostname: string
  /** Folder of the instance; holds pid, env, status, log/ and the mount points app and room. */
  readonly folder: string
  readonly stack: string
  /** Folders of the stack that layers lie over. */
  readonly over: readonly SystemOverlay[]
  /** Store paths to show at their own place. */
  readonly visible: readonly string[]
  /** Lower directories of /app, the uppermost first. */
  readonly lower: readonly string[]
  readonly uidBase: number
  readonly diskMb: number
  /** The group of the instance and its supervisor, in each hierarchy. */
  readonly cgroups: readonly CgroupView[]
  readonly netns: string
  readonly resolvConf: string
  /** The machine's certificate authorities, those of its operator included; null: the stack's own stay. */
  readonly caBundle: string | null
  readonly attach: boolean
  readonly pty: { readonly rows: number; readonly columns: number } | null
  readonly command: string
  /** Disks that outlive the instance: the block device of each, and where it is seen inside. */
  readonly disks?: readonly { readonly device: string; readonly mount: string }[]
  /** null: the app lies over a stack of ours. */
  readonly image: ImageFacts | null
}

/** A directory of a group, and where apps look for it: below /sys/fs/cgroup by this name; '' where it is all there is. */
export interface CgroupView {
  readonly directory: string
  readonly name: string
}

/** An instance whose whole root is an image of the app's own. */
export interface ImageFacts {
  /** Our own program: what nspawn starts in the root before the filter is loaded must not be the image's. */
  readonly getent: string
  readonly user: { readonly uid: number; readonly gid: number }
  readonly workdir: string
  readonly argv: readonly string[]
}

/** The user of every image: the build adds its line to the image's accounts. */
export const IMAGE_USER = 'skypanel'

/** The user `app` of every run stack. */
export const APP_UID = 1000

/** Idmapped binds show the right owner but cost about 0.35 ms each; plain ones show nobody and are as readable. */
export const MANY_BINDS = 64

/** The kernel takes one page of mount options. */
const MOUNT_OPTIONS = 4000

/** The shim's descriptor on which it is told that the instance's network is there. */
export const GO_FD = 3

/** Where the init stands inside; /run is a tmpfs, so no stack needs a mount point for it. */
export const INIT_INSIDE = '/run/skypanel-init'

/** Where a volume is mounted, in the mount namespace of the instance's supervisor. */
export const diskFolder = (folder: string, at: number) => `${folder}/disk${at}`

/** What a supervisor wants of the shim besides; each is a list of the shim's options (native/shim.c). */
export interface ShimPart {
  readonly environment: readonly string[]
  readonly namespaces: readonly string[]
  /** Carried out last, when every file that is passed on is open. */
  readonly mounts: readonly string[]
}

/**
 * argv of the shim, up to the supervisor's own. The supervisor's environment holds what it needs alone, because it is
 * root and configured by its environment; the app's comes to init through a descriptor.
 */
export function shimArgv(facts: InstanceFacts, part: ShimPart): string[] {
  const { folder, shim } = facts
  const data = `lowerdir=${facts.lower.join(':')},upperdir=${folder}/room/upper,workdir=${folder}/room/work`
  if (data.length > MOUNT_OPTIONS)
    throw new Error(
      `The release has ${facts.lower.length} layers, more than one overlay can hold. Build it again with fewer steps.`,
    )
  return [
    shim,
    '--pid',
    `${folder}/pid`,
    '--stdio',
    `${folder}/supervisor.log`,
    ...part.environment.flatMap((variable) => ['--env', variable]),
    // Joining a group waits for the kernel's other processors (10 ms): the network is made meanwhile.
    ...facts.cgroups.flatMap(({ directory }) => ['--cgroup', directory]),
    '--go',
    String(GO_FD),
    ...part.namespaces,
    '--private-mounts',
    '--tmpfs',
    `${folder}/room:${facts.diskMb}:${facts.uidBase + APP_UID}`,
    '--overlay',
    `${folder}/app:${data}`,
    // In the instance's own mount namespace alone: nothing of the host ever follows a path that an app made.
    ...(facts.disks ?? []).flatMap(({ device }, at) => ['--disk', `${device}:${diskFolder(folder, at)}`]),
    '--read',
    `${folder}/env`,
    '--append',
    `${folder}/status`,
    '--append',
    `${folder}/log/out`,
    '--append',
    `${folder}/log/err`,
    '--listen',
    `${folder}/exec.sock`,
    ...(facts.attach ? ['--listen', `${folder}/attach.sock`] : []),
    ...part.mounts,
    '--',
  ]
}

/** argv of the init inside, and behind it the app's. */
export function initArgv(facts: InstanceFacts): string[] {
  const { image } = facts
  const pty = facts.pty === null ? [] : ['--pty', `${facts.pty.rows}x${facts.pty.columns}`]
  const place = image === null ? [] : ['--cwd', image.workdir]
  const argv = image === null ? ['/bin/bash', '-c', facts.command] : image.argv
  return [INIT_INSIDE, ...pty, ...place, '--', ...argv]
}

export interface SystemOverlay {
  readonly folder: string
  /** The uppermost first, the stack's own last. */
  readonly lower: readonly string[]
}

/** Folders of a Debian root in which packages put what instances need. */
const OVER = ['usr', 'etc', 'var']

/** How layers, the uppermost first, lie over a stack. Only folders that a layer has are laid over. */
export function systemOverlays(
  stack: string,
  layers: readonly string[],
  has: (path: string) => boolean,
): SystemOverlay[] {
  return OVER.flatMap((folder) => {
    const above = layers.map((layer) => `${layer}/${folder}`).filter(has)
    return above.length === 0 ? [] : [{ folder, lower: [...above, `${stack}/${folder}`] }]
  })
}

/** The environment file: NUL-separated, as a variable may hold anything else. */
export function environmentFile(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value.replaceAll('\0', '')}\0`)
    .join('')
}

/** `web.1` → `web-1`; what a host name may hold. */
export function hostnameOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 63)
}

export type InitStatus = {
  readonly started: boolean
  readonly code: number | null
  readonly signal: number | null
}

/** Reads the lines that init wrote. */
export function parseStatus(text: string): InitStatus {
  const lines = text.split('\n')
  const value = (key: string): number | null => {
    const line = lines.find((one) => one.startsWith(`${key} `))
    return line === undefined ? null : Number(line.slice(key.length + 1))
  }
  return { started: lines.includes('started'), code: value('exit'), signal: value('signal') }
}
