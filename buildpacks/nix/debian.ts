import type { Registries } from '../registries.ts'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** apt source lines of a suite: the archive that the machine itself uses, with updates and security. */
export function aptSources(apt: Registries['apt'], suite: string): string[] {
  const lines = [`deb ${apt.archive} ${suite} main`, `deb ${apt.archive} ${suite}-updates main`]
  if (apt.security !== null) lines.push(`deb ${apt.security} ${suite}-security main`)
  return lines
}

/**
 * argv that unpacks packages with all they depend on into `target`. Maintainer scripts do not run: that is five times
 * as fast, needs no chroot, and what they would have done for us is done by `finishTree`. In a mount namespace of its
 * own, for mmdebstrap makes every mount that it sees private, and on the machine that would last.
 */
export function extractArgv(
  suite: string,
  packages: readonly string[],
  target: string,
  sources: readonly string[],
): string[] {
  return [
    'unshare',
    '--mount',
    'mmdebstrap',
    '--quiet',
    '--mode=root',
    '--variant=extract',
    '--format=directory',
    `--keyring=${KEYRING}`,
    `--include=${packages.join(',')}`,
    suite,
    target,
    ...sources,
  ]
}

/** What a process of ours that runs on the host gets for an environment. */
export const HOST_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
}
