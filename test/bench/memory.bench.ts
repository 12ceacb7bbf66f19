import { readFile, readdir, realpath } from 'node:fs/promises'
import { type Figure, grouped, printFigure } from './measure.ts'
import { Platform } from './platform.ts'

const { home } = (await Platform.load()).facts

/** Every process of this installation by what it is, told by its command line; instances and builds are not counted. */
async function processes(): Promise<{ name: string; pssMb: number; anonMb: number }[]> {
  const found: { name: string; pssMb: number; anonMb: number }[] = []
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
      const cwd = await realpath(`/proc/${pid}/cwd`).catch(() => '')
      const ours = command.some((word) => word.startsWith(home)) || cwd.startsWith(home)
      if (!ours || command.some((word) => word.includes('nspawn') || word.includes('/instances/'))) continue
      const name =
        /runtime\/(\w+)\/main/.exec(command.join(' '))?.[1] ??
        (command.join(' ').includes('server/main')
          ? 'server'
          : /postgres/.test(command[0] ?? '')
            ? 'postgres'
            : ((command[0] ?? '').split('/').at(-1) ?? '?'))
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
      const kb = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0)
      found.push({ name, pssMb: kb('Pss') / 1024, anonMb: kb('Pss_Anon') / 1024 })
    } catch {
      // It ended between two reads: nothing to count.
    }
  }
  return found
}

// The agent's prober ends a minute after the last instance started.
await new Promise((done) => setTimeout(done, 70_000))
const all = await processes()
const sum = (names: readonly string[] | null) =>
  all.filter((one) => names === null || names.includes(one.name)).reduce((total, one) => total + one.pssMb, 0)
for (const [name, list] of [...grouped(all, (one) => one.name)].sort(([a], [b]) => a.localeCompare(b))) {
  const total = (field: 'pssMb' | 'anonMb') => list.reduce((value, one) => value + one[field], 0)
  console.log(
    `  ${name.padEnd(14)} ${total('pssMb').toFixed(1).padStart(7)} MB PSS (${total('anonMb').toFixed(1)} anonymous)`,
  )
}
const figure = (name: string, ours: number, goal: number): Figure => ({
  name,
  ours,
  limit: null,
  unit: 'MB',
  value: ours,
  goal: `≤ ${goal} MB`,
  met: ours <= goal,
})
printFigure(figure('idle: server + directory + Caddy', sum(['server', 'directory', 'caddy']), 120))
printFigure(figure('idle: everything with Postgres and Consul', sum(null), 300))
