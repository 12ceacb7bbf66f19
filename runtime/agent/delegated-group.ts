import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, tryRun } from '../exec.ts'

/**
 * Under systemd all groups below its root are systemd's, except what it delegates. A unit of its own, with nothing but
 * a sleeper in it, is the group of all instances, another one that of all builds: it outlives the agent, and `systemctl
 * stop` of it ends everything. Returns its path below the version 2 mount; null where the machine has no such hierarchy.
 */
export async function ensureDelegatedGroup(unit: string, slice: string): Promise<string | null> {
  if ((await tryRun(['systemctl', 'is-active', '--quiet', `${unit}.service`])).code !== 0) {
    const properties = [
      'Delegate=yes',
      'Type=exec',
      'KillMode=control-group',
      'TimeoutStopSec=35',
      'TasksMax=infinity',
      'OOMPolicy=continue',
    ].flatMap((one) => ['--property', one])
    await run([
      'systemd-run',
      '--quiet',
      '--collect',
      `--unit=${unit}`,
      `--slice=${slice}`,
      ...properties,
      '--',
      '/bin/sleep',
      'infinity',
    ])
  }
  const shown = await run([
    'systemctl',
    'show',
    '--property=ControlGroup',
    '--property=MainPID',
    `${unit}.service`,
  ])
  const value = (key: string) =>
    shown
      .split('\n')
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1) ?? ''
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , kind]) => kind === 'cgroup2')?.[1]
  if (mount === undefined || value('ControlGroup') === '') return null
  // A group that hands controllers down may hold no process itself.
  const holder = join(mount, value('ControlGroup'), 'holder')
  await run(['mkdir', '-p', holder])
  writeFileSync(join(holder, 'cgroup.procs'), value('MainPID'))
  return value('ControlGroup')
}
