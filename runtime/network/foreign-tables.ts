import { tryRun } from '../exec.ts'

/**
 * Docker and ufw drop what they do not know of, and an accept in our table does not overrule a drop in theirs. Both
 * have a chain that is meant for others' rules; ours stand there, marked by the bridge's name, and go with us.
 */
const HOOKS = ['DOCKER-USER', 'ufw-before-forward'] as const

function rules(bridge: string): string[][] {
  const mark = ['-m', 'comment', '--comment', `skypanel ${bridge}`, '-j', 'ACCEPT']
  return [
    ['-i', bridge, ...mark],
    ['-o', bridge, ...mark],
  ]
}

async function chains(): Promise<string[]> {
  const listed = await tryRun(['iptables', '-w', '-S']).catch(() => null)
  if (listed === null || listed.code !== 0) return []
  return HOOKS.filter((hook) => listed.stdout.split('\n').includes(`-N ${hook}`))
}

export async function acceptInForeignTables(bridge: string): Promise<void> {
  for (const chain of await chains()) {
    for (const rule of rules(bridge)) {
      const there = await tryRun(['iptables', '-w', '-C', chain, ...rule])
      if (there.code !== 0) await tryRun(['iptables', '-w', '-I', chain, '1', ...rule])
    }
  }
}

export async function removeFromForeignTables(bridge: string): Promise<void> {
  for (const chain of await chains()) {
    for (const rule of rules(bridge)) await tryRun(['iptables', '-w', '-D', chain, ...rule])
  }
}
