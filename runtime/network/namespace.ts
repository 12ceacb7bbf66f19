import { existsSync, readdirSync } from 'node:fs'
import { INSIDE_SYSCTLS, insideLines, type LinkFacts, outsideLines } from '../command/link.ts'
import { run, tryRun } from '../exec.ts'

const NETNS = '/run/netns'

export function namespacePath(netns: string): string {
  return `${NETNS}/${netns}`
}

/** Makes the namespace and its link anew; what an interrupted start left under the same names goes first. */
export async function createNamespace(shim: string, facts: LinkFacts): Promise<void> {
  await removeNamespace(facts.netns, facts.link)
  await run(['ip', '-batch', '-'], { input: outsideLines(facts) })
  const sysctls = INSIDE_SYSCTLS.filter((entry) => existsSync(`/proc/sys/${entry.split('=')[0]}`)).flatMap(
    (entry) => ['--sysctl', entry],
  )
  const argv = [shim, '--netns', namespacePath(facts.netns), ...sysctls, '--', '/sbin/ip', '-batch', '-']
  await run(argv, { input: insideLines(facts) })
}

export async function removeNamespace(netns: string, link: string): Promise<void> {
  // The link goes first: a namespace is only freed later by the kernel, and the link's name has to be free now.
  if (existsSync(`/sys/class/net/${link}`)) await tryRun(['ip', 'link', 'delete', link])
  if (existsSync(namespacePath(netns))) await tryRun(['ip', 'netns', 'delete', netns])
}

/** Names of all namespaces with this prefix. */
export function namespaces(prefix: string): string[] {
  return existsSync(NETNS) ? readdirSync(NETNS).filter((name) => name.startsWith(prefix)) : []
}

export function links(prefix: string): string[] {
  return readdirSync('/sys/class/net').filter((name) => name.startsWith(prefix))
}
