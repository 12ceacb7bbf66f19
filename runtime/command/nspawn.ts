import {
  diskFolder,
  IMAGE_USER,
  INIT_INSIDE,
  type ImageFacts,
  type InstanceFacts,
  initArgv,
  MANY_BINDS,
  shimArgv,
} from './instance.ts'

export const NSPAWN = '/usr/bin/systemd-nspawn'

/** argv of one instance: shim → nspawn → init → the app. */
export function nspawnArgv(facts: InstanceFacts): string[] {
  const shim = shimArgv(facts, {
    environment: [
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      // Init loads a stricter filter from constant tables (native/filter.h); nspawn would spend 50 ms on making its own.
      'SYSTEMD_SECCOMP=0',
    ],
    namespaces: ['--netns', facts.netns],
    mounts: [],
  })
  return [...shim, ...supervisorArgv(facts), '--', ...initArgv(facts)]
}

function supervisorArgv(facts: InstanceFacts): string[] {
  return [
    NSPAWN,
    '--quiet',
    '--register=no',
    '--keep-unit',
    `--machine=${facts.machine}`,
    `--hostname=${facts.hostname}`,
    ...(facts.image === null ? stackArgv(facts) : imageArgv(facts.folder, facts.image)),
    ...(facts.disks ?? []).map(({ mount }, at) => `--bind=${diskFolder(facts.folder, at)}:${mount}`),
    `--bind-ro=${facts.init}:${INIT_INSIDE}`,
    `--bind-ro=${facts.resolvConf}:/etc/resolv.conf`,
    ...(facts.caBundle === null ? [] : [`--bind-ro=${facts.caBundle}:/etc/ssl/certs/ca-certificates.crt`]),
    `--private-users=${facts.uidBase}:65536`,
    '--no-new-privileges=yes',
    '--drop-capability=all',
    '--tmpfs=/tmp:mode=1777,size=64m',
    '--tmpfs=/var/tmp:mode=1777,size=64m',
    '--tmpfs=/dev/shm:mode=1777,size=64m',
    '--kill-signal=SIGTERM',
    '--console=pipe',
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
  ]
}

/** The stack, read-only, with the app on /app. */
function stackArgv(facts: InstanceFacts): string[] {
  const idmap = facts.visible.length <= MANY_BINDS ? ':idmap' : ''
  return [
    `--directory=${facts.stack}`,
    '--read-only',
    ...facts.over.map(({ folder, lower }) => `--overlay-ro=${lower.toReversed().join(':')}:/${folder}`),
    '--tmpfs=/nix/store:mode=0755,size=1m',
    ...facts.visible.map((path) => `--bind-ro=${path}:${path}${idmap}`),
    `--bind=${facts.folder}/app:/app`,
    '--private-users-ownership=map',
    '--user=app',
  ]
}

/**
 * The overlay is the whole root. What belongs to root in the image belongs to nobody inside, so only folders that the
 * skeleton gives to the app can be written to.
 */
function imageArgv(folder: string, { getent }: ImageFacts): string[] {
  return [
    `--directory=${folder}/app`,
    `--bind-ro=${getent}:/usr/bin/getent`,
    '--private-users-ownership=off',
    `--user=${IMAGE_USER}`,
  ]
}
