import {
  APP_UID,
  diskFolder,
  INIT_INSIDE,
  type InstanceFacts,
  initArgv,
  MANY_BINDS,
  shimArgv,
} from './instance.ts'

export const LXC = '/usr/bin/lxc-start'

/**
 * What only root can enter, and what no user namespace may mount, the shim gathers here for LXC, which mounts as the
 * instance's own root. A folder of the package's that every machine with it has; seen by this one instance alone.
 */
const STAGE = '/var/lib/lxc'

/** Hidden from LXC, which then leaves groups alone: it would make some of its own in every hierarchy and keep them. */
const CGROUPS = '/sys/fs/cgroup'

/** argv of one instance: shim → lxc-start → init → the app. Its configuration is `lxcConfig`, in `lxc.conf`. */
export function lxcArgv(facts: InstanceFacts): string[] {
  const { folder } = facts
  const shown = [
    [facts.init, 'init'],
    [facts.resolvConf, 'resolv.conf'],
    ...(facts.caBundle === null ? [] : [[facts.caBundle, 'ca.crt']]),
    [`${folder}/app`, 'app'],
    [`${folder}/lxc.conf`, 'config'],
    [`${folder}/closed`, 'closed'],
    ...(facts.disks ?? []).map((_, at) => [diskFolder(folder, at), `disk${at}`]),
  ]
  const shim = shimArgv(facts, {
    // Without newuidmap on its path it writes the maps itself and asks for no line in /etc/subuid.
    environment: ['PATH=/nonexistent'],
    namespaces: [],
    mounts: [
      '--scratch',
      STAGE,
      ...shown.flatMap(([from, to]) => ['--bind', `${from}:${STAGE}/${to}`]),
      ...facts.over.flatMap(({ folder: at, lower }) => [
        '--overlay',
        `${STAGE}/${at}:lowerdir=${lower.join(':')}`,
      ]),
      '--sysfs',
      `${facts.netns}:${STAGE}/sys`,
      ...cgroupViews(facts),
      '--scratch',
      CGROUPS,
    ],
  })
  return [
    ...shim,
    LXC,
    '--foreground',
    `--name=${facts.machine}`,
    `--rcfile=${STAGE}/config`,
    '--logfile=/dev/stderr',
    '--logpriority=ERROR',
    '--',
    ...initArgv(facts),
  ]
}

/** The instance's own group is all that it sees of them; by that languages find out how much memory they have. */
function cgroupViews({ cgroups }: InstanceFacts): string[] {
  const place = `${STAGE}/sys/fs/cgroup`
  const all = cgroups.find(({ name }) => name === '')
  if (all !== undefined) return ['--bind', `${all.directory}:${place}`]
  return [
    '--scratch',
    place,
    ...cgroups.flatMap(({ directory, name }) => ['--bind', `${directory}:${place}/${name}`]),
  ]
}

/**
 * How LXC contains one instance: the same borders as nspawn's, and like there the filter is init's. A store path may be
 * a file; `isFolder` tells.
 */
export function lxcConfig(facts: InstanceFacts, isFolder: (path: string) => boolean): string {
  const { image } = facts
  const user = image?.user ?? { uid: APP_UID, gid: APP_UID }
  // Descriptors that the shim passes on, as LXC empties the environment.
  const passed = 5 + (facts.attach ? 1 : 0)
  const lines: [string, string | number][] = [
    ['lxc.uts.name', facts.hostname],
    ['lxc.rootfs.path', `dir:${image === null ? facts.stack : `${STAGE}/app`}`],
    ...(image === null ? [['lxc.rootfs.options', 'ro,idmap=container'] as [string, string]] : []),
    ['lxc.idmap', `u 0 ${facts.uidBase} 65536`],
    ['lxc.idmap', `g 0 ${facts.uidBase} 65536`],
    ['lxc.namespace.share.net', facts.netns],
    ['lxc.cap.keep', 'none'],
    ['lxc.no_new_privs', 1],
    ['lxc.apparmor.profile', 'unconfined'],
    ['lxc.init.uid', user.uid],
    ['lxc.init.gid', user.gid],
    ['lxc.environment', `LISTEN_FDS=${passed}`],
    ['lxc.console.path', 'none'],
    ['lxc.tty.max', 0],
    ['lxc.pty.max', 1024],
    ['lxc.autodev', 1],
    ['lxc.mount.auto', 'proc:mixed'],
    ...mounts(facts, isFolder).map((entry) => ['lxc.mount.entry', entry] as [string, string]),
  ]
  return lines.map(([key, value]) => `${key} = ${oneLine(String(value))}\n`).join('')
}

/** Files of /proc that tell of the machine; nspawn closes the same. An empty file of the machine's root hides each. */
const CLOSED = ['kallsyms', 'kcore', 'keys', 'timer_list']

function mounts(facts: InstanceFacts, isFolder: (path: string) => boolean): string[] {
  const tmpfs = (at: string, options: string) => `tmpfs ${at} tmpfs rw,nosuid,nodev,${options},create=dir 0 0`
  const bind = (from: string, at: string, options: string) =>
    `${word(from)} ${word(at)} none bind,${options} 0 0`
  const idmap = facts.visible.length <= MANY_BINDS ? ',idmap=container' : ''
  const stack = [
    ...facts.over.map(({ folder }) => bind(`${STAGE}/${folder}`, folder, 'ro')),
    tmpfs('nix/store', 'mode=0755,size=1m'),
  ]
  const release = [
    bind(`${STAGE}/app`, 'app', 'rw,nosuid,nodev'),
    ...facts.visible.map((path) =>
      bind(path, path.slice(1), `ro,create=${isFolder(path) ? 'dir' : 'file'}${idmap}`),
    ),
  ]
  return [
    ...(facts.image === null ? stack : []),
    `${STAGE}/sys sys none rbind,ro,nosuid,nodev,noexec 0 0`,
    tmpfs('run', 'mode=0755,size=8m'),
    tmpfs('tmp', 'mode=1777,size=64m'),
    tmpfs('var/tmp', 'mode=1777,size=64m'),
    tmpfs('dev/shm', 'mode=1777,size=64m'),
    'mqueue dev/mqueue mqueue rw,nosuid,nodev,noexec,optional,create=dir 0 0',
    bind(`${STAGE}/init`, INIT_INSIDE.slice(1), 'ro,create=file'),
    bind(`${STAGE}/resolv.conf`, 'etc/resolv.conf', 'ro'),
    ...(facts.caBundle === null
      ? []
      : [bind(`${STAGE}/ca.crt`, 'etc/ssl/certs/ca-certificates.crt', 'ro,optional')]),
    ...(facts.image === null ? release : []),
    ...(facts.disks ?? []).map(({ mount }, at) =>
      bind(`${STAGE}/disk${at}`, mount.slice(1), 'rw,nosuid,nodev,create=dir'),
    ),
    ...CLOSED.map((name) => bind(`${STAGE}/closed`, `proc/${name}`, 'ro,optional')),
  ]
}

/** A field of a mount entry, which spaces would end. */
function word(path: string): string {
  return path.replaceAll('\\', '\\134').replaceAll(' ', '\\040').replaceAll('\t', '\\011')
}

function oneLine(value: string): string {
  if (/[\0\n\r]/.test(value))
    throw new Error(`A value of LXC's configuration holds a line break: ${JSON.stringify(value)}`)
  return value
}
