import { access, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, tryRun } from '../exec.ts'
import { kernelNames, type Installation } from '../installation.ts'
import { planChanges, stopOrder, type Running } from './changes.ts'
import { fingerprint, isReady, ProcessName, type Process } from './process.ts'
import type { ProcessStatus, Supervision } from './supervision.ts'
import { units } from './units.ts'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_WITHIN = 15_000
const STOP_WITHIN = 120_000

/** `systemctl show` of several units: blank-line separated blocks of Key=value. Pure. */
export function parseShow(text: string): Map<string, string>[] {
  return text
    .trim()
    .split('\n\n')
    .filter((block) => block !== '')
    .map(
      (block) =>
        new Map(
          block
            .split('\n')
            .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
        ),
    )
}

const isThere = async (path: string) =>
  await access(path).then(
    () => true,
    () => false,
  )

/** systemd as the supervisor: a target, a socket and one service per process, with the installation's id in each name. */
export function systemdSupervision(
  installation: Installation,
  namespaceArgv: readonly string[],
  folder = '/etc/systemd/system',
): Supervision {
  const unit = (name: string, kind = 'service') => `${kernelNames(installation.id).unit(name)}.${kind}`
  const prefix = kernelNames(installation.id).unit('')
  // Unit files carry no fingerprint of their own; a comment in them does.
  const stamp = (process: Process) => `# ${fingerprint(process)}\n`

  const installed = async (): Promise<Running[]> => {
    const found: Running[] = []
    for (const name of ProcessName.options) {
      const text = await readFile(join(folder, unit(name)), 'utf8').catch(() => null)
      const mark = text?.match(/^# ([0-9a-f]{16})$/m)?.[1]
      if (mark !== undefined) found.push({ name, fingerprint: mark })
    }
    return found
  }

  const show = async (names: readonly ProcessName[]): Promise<Map<ProcessName, Map<string, string>>> => {
    if (names.length === 0) return new Map()
    const text = await run([
      'systemctl',
      'show',
      '-p',
      'ActiveState,SubState,MainPID,NRestarts,Result',
      ...names.map((name) => unit(name)),
    ])
    const blocks = parseShow(text)
    return new Map(names.map((name, index) => [name, blocks[index] ?? new Map<string, string>()]))
  }

  // Neither waits for a process to come up: one that does not is told by whenReady, with its reason.
  const start = async (names: readonly ProcessName[]) => {
    if (names.length > 0) await run(['systemctl', 'start', '--no-block', ...names.map((name) => unit(name))])
  }
  /** Resolves once the old ones have ended: as long as they answer they would be taken for their successors. */
  const replace = async (names: readonly ProcessName[]) =>
    await tryRun(['systemctl', 'restart', ...names.map((name) => unit(name))], { timeout: STOP_WITHIN })

  return {
    kind: 'systemd',
    async apply(table, { exact }) {
      const before = await installed()
      const active = await show(before.map(({ name }) => name))
      const running = before.filter(({ name }) =>
        ['active', 'activating', 'reloading'].includes(active.get(name)?.get('ActiveState') ?? ''),
      )
      const changes = planChanges(table, running)
      let changed = false
      const known = new Map(table.map((process) => [unit(process.name), stamp(process)]))
      for (const { file, text } of units(table, installation, namespaceArgv)) {
        const content = `${known.get(file) ?? ''}${text}`
        if ((await readFile(join(folder, file), 'utf8').catch(() => null)) === content) continue
        await writeFile(join(folder, `.${file}.new`), content)
        await rename(join(folder, `.${file}.new`), join(folder, file))
        changed = true
      }
      if (changed) await run(['systemctl', 'daemon-reload'])
      // A stopped platform stays stopped after a reboot; started again it comes back.
      if (changed || !(await isThere(join(folder, 'multi-user.target.wants', unit('platform', 'target'))))) {
        await run([
          'systemctl',
          'enable',
          '--quiet',
          unit('platform', 'target'),
          unit('directory', 'socket'),
          ...table.map(({ name }) => unit(name)),
        ])
      }
      if (exact && changes.stop.length > 0)
        await run(['systemctl', 'stop', ...changes.stop.map((name) => unit(name))], { timeout: STOP_WITHIN })
      if (table.some(({ dnsSocket }) => dnsSocket))
        await run(['systemctl', 'start', unit('directory', 'socket')])
      await start(changes.start.map(({ name }) => name))
      for (const rank of changes.replace) {
        await replace(rank.map(({ name }) => name))
        const deadline = Date.now() + READY_WITHIN
        for (const process of rank)
          while (!(await isReady(process.ready)) && Date.now() < deadline) await sleep(30)
      }
    },
    async status() {
      const names = (await installed()).map(({ name }) => name)
      const shown = await show(names)
      return names.map((name): ProcessStatus => {
        const facts = shown.get(name) ?? new Map<string, string>()
        const state =
          facts.get('ActiveState') === 'active'
            ? 'running'
            : facts.get('SubState') === 'auto-restart'
              ? 'waiting'
              : 'stopped'
        return {
          name,
          state,
          pid: Number(facts.get('MainPID') ?? 0) || null,
          restarts: Number(facts.get('NRestarts') ?? 0),
          reason: state === 'running' ? '' : (facts.get('Result') ?? ''),
        }
      })
    },
    async stop(names) {
      await run(['systemctl', 'stop', ...names.map((name) => unit(name))], { timeout: STOP_WITHIN })
    },
    async restart(names) {
      await run(['systemctl', 'restart', ...names.map((name) => unit(name))], { timeout: STOP_WITHIN })
    },
    async shutdown() {
      const names = new Set((await installed()).map(({ name }) => name))
      await tryRun(['systemctl', 'stop', unit('directory', 'socket')])
      const ranks: Record<ProcessName, number> = {
        'consul-build': 4,
        server: 3,
        caddy: 2,
        consul: 2,
        directory: 2,
        edge: 2,
        logs: 2,
        agent: 1,
        postgres: 0,
      }
      for (const rank of stopOrder(
        ProcessName.options.filter((name) => names.has(name)).map((name) => ({ name, rank: ranks[name] })),
      )) {
        await tryRun(['systemctl', 'stop', ...rank.map(({ name }) => unit(name))], { timeout: STOP_WITHIN })
      }
      // Groups that the agent asked systemd for; their instances are stopped by now.
      await tryRun(['systemctl', 'stop', `${prefix}*.service`], { timeout: STOP_WITHIN })
      // Stopped means stopped: it does not come back with the next boot either.
      await tryRun(['systemctl', 'disable', '--quiet', unit('platform', 'target')])
      await tryRun(['systemctl', 'stop', unit('platform', 'target'), unit('namespace')])
    },
    async remove() {
      const files = (await readdir(folder)).filter((file) => file.startsWith(prefix))
      for (const file of files)
        if (/\.(service|socket|target)$/.test(file))
          await tryRun(['systemctl', 'disable', '--quiet', '--now', file])
      for (const file of files) await rm(join(folder, file), { recursive: true, force: true })
      await rm(join(folder, `${unit('platform', 'target')}.wants`), { recursive: true, force: true })
      // Groups of instances and builds that the agent asked systemd for have no file.
      await tryRun(['systemctl', 'stop', `${prefix}*`, `${kernelNames(installation.id).cgroup}.slice`], {
        timeout: STOP_WITHIN,
      })
      await run(['systemctl', 'daemon-reload'])
      await tryRun(['systemctl', 'reset-failed', `${prefix}*`])
    },
  }
}
