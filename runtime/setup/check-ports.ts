import { readFile } from 'node:fs/promises'
import { busyPortMessage, isFree, portHolder } from './busy-port.ts'
import type { ProcessName } from '../supervisor/process.ts'
import { known, type SetupContext } from './setup-context.ts'

/** Ports of ours that somebody else has; `running` are processes of ours that need not be asked for. @throws */
export async function checkPorts(context: SetupContext, running: ReadonlySet<ProcessName>): Promise<void> {
  const { ports, domain } = known(context.installation, 'the installation')
  const wanted = [
    { flag: '--panel-port', port: ports.panel, of: 'server' },
    { flag: '--http-port', port: ports.http, of: 'caddy' },
    { flag: '--https-port', port: ports.https, of: 'caddy' },
  ] as const
  for (const { flag, port, of } of wanted) {
    if (running.has(of) || (await isFree(port, of === 'caddy' && domain !== null ? '0.0.0.0' : '127.0.0.1')))
      continue
    // What runs already is ours by its environment, also when an earlier supervisor left it.
    const holder = await portHolder(port)
    if (holder !== null && (await isOurs(context, holder.pid))) continue
    let free = port + 1
    while (!(await isFree(free))) free += 1
    throw new Error(busyPortMessage(flag, port, holder, free))
  }
}

async function isOurs(context: SetupContext, pid: number): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
  return environment
    .split('\0')
    .some((entry) =>
      entry.startsWith(`SKYPANEL_PROCESS=${known(context.installation, 'the installation').id}/`),
    )
}
