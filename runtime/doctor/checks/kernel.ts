import { readFile } from 'node:fs/promises'
import { tryRun } from '../../exec.ts'
import { controllersMissing } from '../../setup/steps/limits.ts'
import { fail, ok, warn, type Check } from '../check.ts'

/** User namespaces: every instance and every build has one of its own. */
export const userNamespaces: Check = {
  name: 'user namespaces',
  about: 'machine',
  async run() {
    const most = Number(
      (await readFile('/proc/sys/user/max_user_namespaces', 'utf8').catch(() => '0')).trim(),
    )
    if (most === 0)
      return fail('user namespaces are switched off', 'Type: sysctl -w user.max_user_namespaces=15000')
    const ran = await tryRun(['unshare', '--user', '--map-root-user', '--mount', 'true'])
    return ran.code === 0
      ? ok(`up to ${most}`)
      : fail(
          `unshare fails: ${ran.stderr.trim()}`,
          'Run SkyPanel on a machine (or in a container) that allows user and mount namespaces',
        )
  },
}

export const overlay: Check = {
  name: 'overlay file system',
  about: 'machine',
  async run() {
    const known = (await readFile('/proc/filesystems', 'utf8'))
      .split('\n')
      .some((line) => line.trim().endsWith('overlay'))
    if (known) return ok('known to the kernel')
    const loaded = await tryRun(['modprobe', 'overlay'])
    return loaded.code === 0
      ? ok('module loaded')
      : fail(
          'the kernel has no overlay file system',
          'Install a kernel with overlayfs, or type: modprobe overlay',
        )
  },
}

export const firewall: Check = {
  name: 'nftables',
  about: 'machine',
  async run() {
    const ran = await tryRun(['nft', 'list', 'tables'])
    return ran.code === 0
      ? ok('answers')
      : fail(
          `nft fails: ${ran.stderr.trim().slice(0, 200)}`,
          'Instances are only started behind firewall rules. Type: apt-get install nftables; modprobe nf_tables',
        )
  },
}

const WANTED = ['memory', 'cpu', 'pids'] as const

/** Which limits this kernel can enforce, in whichever hierarchy. Pure. */
export function controllers(v2: string, v1: string): Set<string> {
  const found = new Set(
    v2
      .trim()
      .split(/\s+/)
      .filter((name) => name !== ''),
  )
  for (const line of v1.split('\n').slice(1)) {
    const [name, hierarchy, , enabled] = line.split('\t')
    if (name !== undefined && enabled === '1' && hierarchy !== '0') found.add(name)
  }
  return found
}

export const cgroups: Check = {
  name: 'limits',
  about: 'machine',
  async run({ installation }) {
    const v2 = await readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8').catch(() => '')
    const v1 = await readFile('/proc/cgroups', 'utf8').catch(() => '')
    const found = controllers(v2, v1)
    // The kernel may run a controller that nobody may mount here; with an installation it is known.
    const missing =
      installation === null ? WANTED.filter((name) => !found.has(name)) : await controllersMissing()
    if (missing.length === 0) return ok(WANTED.join(', '))
    const detail = `no cgroup controller for ${missing.join(', ')}`
    return installation?.allowUnlimited === true
      ? warn(detail, 'Instances run without these limits (--allow-unlimited)')
      : fail(detail, 'Boot with these controllers, or accept it: npm start -- --allow-unlimited')
  },
}
