import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Built, buildOnce, planOf, writeSource } from '../../buildpacks/engine-conformance.ts'
import { NixEngine } from '../../buildpacks/nix/engine.ts'
import { workRoot } from '../../buildpacks/nix/places.ts'
import { invalidPaths, physical } from '../../buildpacks/nix/store.ts'
import { UnshareCells } from '../../buildpacks/nix/unshare-cells.ts'
import type { BuildPlan } from '../../buildpacks/plan.ts'
import { type NixHome, openNixHome } from './nix-home.ts'

export type Given = Parameters<typeof buildOnce>[3]
type Release = Extract<Built['outcome'], { ok: true }>['artifact']

export interface NixBench {
  readonly home: NixHome
  readonly engine: NixEngine
  readonly scratch: string
  /** Makes each run's inputs new to the store. */
  readonly salt: string
  /** argv of every call of Nix since `forgetCalls`. */
  calls(): string[]
  forgetCalls(): void
  /** A folder with an app of these files. */
  source(files: Readonly<Record<string, string>>): string
  /** Builds, and fails the test with the build's output if that fails. */
  built(
    plan: BuildPlan,
    files?: Readonly<Record<string, string>>,
    given?: Given,
  ): Promise<
    Built & {
      readonly artifact: Release
      /** A file of the uppermost layer. */
      readonly read: (path: string) => string
      readonly has: (path: string) => boolean
    }
  >
  /** What builds left that should not be there: work folders, half outputs, processes. */
  leftovers(): Promise<string[]>
  close(): Promise<void>
}

function environOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

/** A plan of these steps that releases the last. */
export function stepsPlan(
  ...list: (Partial<BuildPlan['steps'][number]> & { name: string; commands: string[] })[]
): BuildPlan {
  const plan = planOf([])
  const last = list.at(-1)?.name ?? ''
  const empty = {
    needs: [],
    inputs: { files: ['.'] },
    env: {},
    network: false,
    secrets: [],
    caches: [],
    outputs: ['.'],
  }
  return {
    ...plan,
    steps: list.map((one) => ({ ...empty, ...one })),
    release: { ...plan.release, include: [{ step: last, paths: ['.'] }] },
  }
}

/** A real engine over a real store, whose calls of Nix are noted: each enters the store's namespace. */
export async function openNixBench(folder?: string): Promise<NixBench> {
  const home = await openNixHome(folder)
  const scratch = mkdtempSync(join(tmpdir(), 'skypanel-nix-'))
  const salt = `${process.pid}-${Date.now()}`
  const log = join(scratch, 'calls')
  const enter = join(scratch, 'enter')
  writeFileSync(log, '')
  writeFileSync(enter, `#!/bin/sh\necho "$@" >> ${log}\nexec ${home.enter.join(' ')} "$@"\n`)
  chmodSync(enter, 0o755)
  const cells = new UnshareCells(home.registries.caBundle)
  const engine = new NixEngine({
    places: home.at,
    buildGroup: home.group,
    registries: home.registries,
    cells,
    enter: [enter],
  })
  await engine.sweep()
  const source = (files: Readonly<Record<string, string>>) =>
    writeSource(mkdtempSync(join(scratch, 'source-')), { salt, ...files })
  return {
    home,
    engine,
    scratch,
    salt,
    source,
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    forgetCalls: () => writeFileSync(log, ''),
    async built(plan, files = {}, given = {}) {
      const done = await buildOnce(engine, source(files), plan, given)
      if (!done.outcome.ok) throw new Error(`${done.outcome.message}\n${done.lines.join('\n')}`)
      const { artifact } = done.outcome
      const at = (path: string) => physical(home.store, `${artifact.layers[0]}/app/${path}`)
      return {
        ...done,
        artifact,
        read: (path) => readFileSync(at(path), 'utf8'),
        has: (path) => existsSync(at(path)),
      }
    },
    async leftovers() {
      const names = readdirSync(join(home.at.nix, 'store')).filter((name) => name.includes('conformance'))
      const unfinished = names.filter((name) => name.endsWith('.chroot'))
      const whole = names.filter((name) => /^[0-9a-z]{32}-/.test(name) && !/\.(lock|chroot)$/.test(name))
      const halves = await invalidPaths(
        home.store,
        whole.map((name) => `/nix/store/${name}`),
      )
      const processes = readdirSync('/proc').filter(
        (pid) => /^\d+$/.test(pid) && environOf(pid).includes('SKYPANEL_CELL=conformance'),
      )
      return [...readdirSync(workRoot(home.store)), ...unfinished, ...halves, ...processes]
    },
    async close() {
      await home.close()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}
