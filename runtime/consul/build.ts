import { existsSync } from 'node:fs'
import { chmod, copyFile, link, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { start, tryRun } from '../exec.ts'
import { findGo } from './find-go.ts'
import { programOf } from './find.ts'
import { CONSUL_MODULE, moduleFolder, readPin } from './pin.ts'
import type { Progress } from './progress.ts'
import { measureRoom, tooLittle } from './room.ts'

export interface BuildOptions {
  /** Folders that get the program; the first one's file system is worked on. */
  readonly caches: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly tell: (progress: Progress) => void
}

/**
 * Compiles Consul from its Go module, at the lowest priority, and puts it into the caches. About 5 min on two cores.
 * Its downloads (2.5 GB) are removed, also after a failure. Throws with a sentence that says what to do.
 */
export async function buildConsul(options: BuildOptions): Promise<string> {
  const [first] = options.caches
  if (first === undefined) throw new Error('no folder was named for the compiled Consul')
  const { consul, go: wanted } = readPin()
  await mkdir(dirname(first), { recursive: true, mode: 0o755 })
  const reason = tooLittle(await measureRoom(dirname(first)), dirname(first))
  if (reason !== null) throw new Error(reason)
  await removeAbandoned(dirname(first))
  const work = await mkdtemp(join(dirname(first), `build-${process.pid}-`))
  try {
    const say = (message: string, percent?: number) =>
      options.tell({ state: 'compiling', message, ...(percent === undefined ? {} : { percent }) })
    const go = await findGo({ wanted, folder: work, env: options.env, say })
    const env = goEnvironment(options.env, work)
    await mkdir(env.GOTMPDIR, { recursive: true })
    say(`fetching the modules of Consul ${consul}`, 0)
    const packages = await listPackages(go, env)
    const program = join(work, 'consul')
    await compile(go, env, program, packages, (percent) => say(`compiling Consul ${consul}`, percent))
    await chmod(program, 0o755)
    for (const cache of options.caches) await place(program, cache)
    return programOf(first)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Gigabytes that a build left which was killed. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^build-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      await rm(join(folder, name), { recursive: true, force: true })
  }
}

function goEnvironment(env: Readonly<Record<string, string>>, work: string) {
  return {
    ...env,
    // Writable, so that it can be removed; nothing of the machine's own Go set-up is filled or changed.
    GOFLAGS: '-modcacherw -mod=readonly',
    GOMODCACHE: join(work, 'modules'),
    GOCACHE: join(work, 'compiled'),
    GOTMPDIR: join(work, 'tmp'),
    GOTOOLCHAIN: 'auto',
    GOWORK: 'off',
    CGO_ENABLED: '0',
  }
}

type Env = Readonly<Record<string, string>>
const gently = (argv: readonly string[]) => ['nice', '-n', '19', 'ionice', '-c', '3', ...argv]

/** How many packages there are to compile; fetching them all is the better part of it. */
async function listPackages(go: string, env: Env): Promise<number> {
  const argv = gently([go, 'list', '-deps', CONSUL_MODULE])
  const listed = await tryRun(argv, { cwd: moduleFolder(), env, timeout: 1_800_000 })
  if (listed.code !== 0) {
    throw new Error(`the modules of Consul could not be fetched: ${lastLines(listed.stderr)}`)
  }
  return listed.stdout.trim().split('\n').length
}

async function compile(
  go: string,
  env: Env,
  program: string,
  packages: number,
  tell: (percent: number) => void,
): Promise<void> {
  const flags = ['-v', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', program]
  const argv = gently([go, 'build', ...flags, CONSUL_MODULE])
  const child = await start({ argv, env, cwd: moduleFolder(), stdio: ['ignore', 'ignore', 'pipe'] })
  const said: string[] = []
  let compiled = 0
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      // -v names each package as its compile begins.
      if (!line.includes(' ')) compiled += 1
      else said.push(line)
      tell(Math.min(99, Math.round((100 * compiled) / Math.max(1, packages))))
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`Consul does not compile: ${lastLines(said.join('\n'))}`)
}

/** Puts the program into a cache whole or not at all: linked where it can be, so that two caches cost one. */
async function place(program: string, cache: string): Promise<void> {
  await mkdir(cache, { recursive: true, mode: 0o755 })
  const part = join(cache, `consul.${process.pid}`)
  await rm(part, { force: true })
  await link(program, part).catch(() => copyFile(program, part))
  await rename(part, programOf(cache))
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ').slice(0, 1000)
}
