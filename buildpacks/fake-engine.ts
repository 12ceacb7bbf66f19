import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type {
  BuildCache,
  BuildEngine,
  BuildOutcome,
  BuildProgress,
  BuildRequest,
  BuiltArtifact,
} from './engine.ts'
import { redactor } from './nix/secrets.ts'
import { type Entry, readTree, treeHash } from './nix/source.ts'

/** How the app's build is to behave: `.fake-build.json` in the source. */
export const FakeBuild = z.object({
  lines: z.array(z.string()).default([]),
  /** Names of config vars whose values the build prints. */
  printEnv: z.array(z.string()).default([]),
  seconds: z.number().default(0),
  /** Fails with this as its last line. */
  fail: z.string().nullable().default(null),
  processTypes: z.record(z.string(), z.string()).nullable().default(null),
})
export type FakeBuild = z.infer<typeof FakeBuild>

const Root = z.object({ artifact: z.string() })

/**
 * A build engine without Nix: it "builds" by copying the source below a folder of its own under the hash of its
 * content. What it promises is what every engine promises; only the work is left out. State is files, so it survives
 * the end of its process as Nix' store does.
 */
export class FakeEngine implements BuildEngine {
  readonly name = 'fake'
  readonly #artifacts: string
  readonly #roots: string
  readonly #running = new Map<string, Promise<void>>()

  constructor(folder: string) {
    this.#artifacts = join(folder, 'artifacts')
    this.#roots = join(folder, 'roots')
    mkdirSync(this.#artifacts, { recursive: true })
    mkdirSync(this.#roots, { recursive: true })
  }

  fingerprint(): Promise<{ ok: boolean; detail: string; stack: string | null }> {
    return Promise.resolve({ ok: true, detail: 'builds nothing', stack: 'fake' })
  }

  async build(
    request: BuildRequest,
    progress: (event: BuildProgress) => void,
    signal: AbortSignal,
  ): Promise<BuildOutcome> {
    const redact = redactor(request.env)
    const say = (text: string) => progress({ type: 'line', text: redact(text) })
    const app = join(request.source, 'app')
    try {
      const entries = readTree(app)
      const behaviour = readBehaviour(join(app, '.fake-build.json'))
      const key = treeHash(entries).slice(0, 32)
      say('-----> Building')
      const cached = await this.#once(key, signal, () =>
        this.#make(key, app, behaviour, request, say, signal),
      )
      progress({ type: 'stage', name: 'build', state: cached ? 'cached' : 'done' })
      const artifact = artifactOf(join(this.#artifacts, key), request, behaviour, cached ? [] : entries)
      writeFileSync(join(this.#roots, request.build), JSON.stringify({ artifact: key }))
      return { ok: true, artifact }
    } catch (error) {
      if (signal.aborted)
        return { ok: false, code: 'build_canceled', message: 'The build was canceled', hint: null }
      const message = redact(error instanceof Error ? error.message : String(error))
      return {
        ok: false,
        code: error instanceof CommandFailed ? 'build_failed' : 'internal_error',
        message,
        hint: null,
      }
    }
  }

  /** Runs `make` unless the artifact is there, or waits for who is making it. True: nothing was made here. */
  async #once(key: string, signal: AbortSignal, make: () => Promise<void>): Promise<boolean> {
    for (;;) {
      signal.throwIfAborted()
      if (existsSync(join(this.#artifacts, key))) return true
      const running = this.#running.get(key)
      if (running === undefined) break
      await Promise.race([running.catch(() => undefined), aborted(signal)])
    }
    const mine = make().finally(() => this.#running.delete(key))
    this.#running.set(key, mine)
    await mine
    return false
  }

  async #make(
    key: string,
    app: string,
    behaviour: FakeBuild,
    request: BuildRequest,
    say: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (const line of behaviour.lines) say(`       ${line}`)
    for (const name of behaviour.printEnv) say(`       ${request.env[name] ?? ''}`)
    await sleep(behaviour.seconds * 1000, undefined, { signal })
    if (behaviour.fail !== null) {
      say(`       ${behaviour.fail}`)
      throw new CommandFailed(
        `The step "build" failed. Its last lines: \n${[...behaviour.lines, behaviour.fail].slice(-12).join('\n')}`,
      )
    }
    const draft = join(this.#artifacts, `.${key}`)
    rmSync(draft, { recursive: true, force: true })
    cpSync(app, join(draft, 'app'), { recursive: true, verbatimSymlinks: true })
    renameSync(draft, join(this.#artifacts, key))
  }

  rooted(): Promise<string[]> {
    return Promise.resolve(readdirSync(this.#roots).toSorted())
  }

  unroot(build: string): Promise<void> {
    rmSync(join(this.#roots, build), { force: true })
    return Promise.resolve()
  }

  /** Artifacts are small and cost nothing to make: what no root holds is deleted, whatever the budget. */
  collect(_budgetMb: number | null): Promise<number> {
    const held = new Set(
      readdirSync(this.#roots).map(
        (build) => Root.parse(JSON.parse(readFileSync(join(this.#roots, build), 'utf8'))).artifact,
      ),
    )
    let bytes = 0
    for (const key of readdirSync(this.#artifacts)) {
      if (held.has(key) || key.startsWith('.')) continue
      bytes += sizeOf(readTree(join(this.#artifacts, key)))
      rmSync(join(this.#artifacts, key), { recursive: true, force: true })
    }
    return Promise.resolve(Math.round(bytes / 1024 / 1024))
  }

  tidy(): Promise<void> {
    return Promise.resolve()
  }

  caches(_app: string): Promise<BuildCache[]> {
    return Promise.resolve([])
  }

  purgeCaches(_app: string): Promise<number> {
    return Promise.resolve(0)
  }

  /** It keeps no caches. */
  forgetApp(_app: string): Promise<void> {
    return Promise.resolve()
  }

  sweep(): Promise<string[]> {
    const drafts = readdirSync(this.#artifacts).filter((name) => name.startsWith('.'))
    for (const draft of drafts) rmSync(join(this.#artifacts, draft), { recursive: true, force: true })
    return Promise.resolve(drafts)
  }
}

class CommandFailed extends Error {}

const sizeOf = (entries: readonly Entry[]) => entries.reduce((sum, entry) => sum + entry.bytes, 0)

function readBehaviour(file: string): FakeBuild {
  return FakeBuild.parse(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {})
}

function artifactOf(
  path: string,
  request: BuildRequest,
  behaviour: FakeBuild,
  added: readonly Entry[],
): BuiltArtifact {
  const { processes, env } = request.plan.release
  const planned = Object.fromEntries(Object.entries(processes).map(([type, { command }]) => [type, command]))
  const { PATH_PREPEND: _, ...own } = env
  return {
    stack: '/fake/stack',
    layers: [path],
    tools: [],
    closure: [],
    env: own,
    processTypes: behaviour.processTypes ?? planned,
    size: sizeOf(added),
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
