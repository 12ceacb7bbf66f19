import { readdir, readFile, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { tryRun } from '../exec.ts'
import { kernelNames, paths, users } from '../installation.ts'
import { unmountHierarchies } from '../limits/mount-hierarchies.ts'
import { detachBelow } from '../volumes/loop.ts'
import { parseMounts, removeNamespace } from '../supervisor/mount-namespace.ts'
import { accountIn, userNames } from './accounts.ts'
import type { Reporter } from './reporter.ts'
import { supervisionOf, type SetupContext } from './setup-context.ts'
import { leaveCommand } from './steps/command.ts'
import { dropClaim, hasSystemd, readClaims } from './steps/installation.ts'
import { groupsNamed, killGroup, stopPlatform } from './stop.ts'

/** Whether the operator typed the installation's id. */
async function confirmed(id: string, home: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) return false
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const typed = await terminal.question(
      `This removes every app, its data and the database below ${home}.\nType the installation's id (${id}) to go on: `,
    )
    return typed.trim() === id
  } finally {
    terminal.close()
  }
}

/** Removes everything of the installation and nothing else; safe to repeat after it was killed. Exit code. */
export async function uninstall(context: SetupContext, reporter: Reporter): Promise<number> {
  const { home, yes } = context.options
  const id = context.installation?.id ?? (await readClaims()).find((claim) => claim.home === home)?.id
  if (id === undefined) {
    reporter.line(`There is no installation in ${home}; nothing to remove.`)
    return 0
  }
  if (!yes && !(await confirmed(id, home))) {
    reporter.line(`Not removed. Type the id when asked, or: npm run uninstall -- --home ${home} --yes`)
    return 1
  }
  if (context.installation !== null && context.version !== null) {
    await stopPlatform(context, reporter)
    await supervisionOf(context).remove()
  }
  await killGroup(kernelNames(id).cgroup)
  await killGroup(kernelNames(id).buildCgroup)
  await killUsers(userNames(id))
  await removeKernelObjects(id)
  await unmountBelow(home)
  await detachBelow(paths(home).volumes)
  await removeNamespace(home)
  await leaveCommand(
    home,
    (await readClaims()).map((claim) => claim.home).filter((other) => other !== home),
  )
  await removeHome(home)
  await removeAccounts(id)
  await dropClaim(id)
  // What installations share goes with the last one: mounted controllers, and systemd's parent of our slices.
  if ((await readClaims()).length === 0) {
    await unmountHierarchies()
    if (await hasSystemd()) await tryRun(['systemctl', 'stop', 'skypanel.slice'])
  }
  // /nix stays: removing a folder unmounts what any other namespace has mounted on it.
  reporter.line(`Installation ${id} is removed. The system packages stay; other programs may use them.`)
  return 0
}

async function removeKernelObjects(id: string): Promise<void> {
  const names = kernelNames(id)
  await tryRun(['nft', 'delete', 'table', 'inet', names.table])
  const namespaces = (await readdir('/run/netns').catch(() => [])).filter((name) =>
    name.startsWith(`skypanel-${id}-`),
  )
  for (const name of namespaces) await tryRun(['ip', 'netns', 'delete', name])
  const links = (await readdir('/sys/class/net')).filter((name) => name.startsWith(names.bridge))
  for (const name of links) await tryRun(['ip', 'link', 'delete', name])
  for (const name of [names.cgroup, names.buildCgroup])
    for (const group of await groupsNamed(name)) await removeGroup(group)
}

async function removeGroup(group: string): Promise<void> {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await removeGroup(join(group, entry.name))
  await rmdir(group).catch(() => undefined)
}

/** The deepest first; the namespace's own pin is undone by `removeNamespace`. */
async function unmountBelow(home: string): Promise<void> {
  const mounts = parseMounts(await readFile('/proc/self/mountinfo', 'utf8'))
  const targets = mounts.map(({ target }) => target).filter((target) => target.startsWith(`${home}/`))
  for (const target of targets.sort((a, b) => b.length - a.length)) await tryRun(['umount', '-l', target])
}

/** Store paths are read-only even to their owner, who is root here; what stays busy for a moment is tried again. */
async function removeHome(home: string): Promise<void> {
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}

/** A push under way runs git and its hook beside the server; a user that has a process cannot be removed. */
async function killUsers(names: readonly string[]): Promise<void> {
  const passwd = await readFile('/etc/passwd', 'utf8')
  const uids = new Set(names.map((name) => accountIn(passwd, name)?.uid).filter((uid) => uid !== undefined))
  for (let round = 0; round < 50; round++) {
    const pids = await processesOf(uids)
    if (pids.length === 0) return
    for (const pid of pids) killIfThere(pid)
    await sleep(40)
  }
}

async function processesOf(uids: ReadonlySet<number>): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const owners = await Promise.all(
    pids.map(async (pid) => ({ pid: Number(pid), uid: (await stat(`/proc/${pid}`).catch(() => null))?.uid })),
  )
  return owners.filter(({ uid }) => uid !== undefined && uids.has(uid)).map(({ pid }) => pid)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

async function removeAccounts(id: string): Promise<void> {
  const names = userNames(id)
  for (const name of names) await tryRun(['userdel', name])
  for (const name of [...names, users(id).buildGroup]) await tryRun(['groupdel', name])
}
