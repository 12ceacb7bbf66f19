import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { asMember, stepIn } from '../member.ts'
import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { belongsAbove, type Crate, type Crates, neededCrates, readCrates } from './crates.ts'
import { versions } from './versions.ts'

/** Everything that only the build needs: crates, what was compiled of them, rustup's toolchains. */
const KEPT = '/app/.sky'
const ENV = {
  CARGO_HOME: `${KEPT}/cargo`,
  CARGO_TARGET_DIR: `${KEPT}/target`,
  CARGO_INCREMENTAL: '0',
  CARGO_TERM_COLOR: 'never',
  CARGO_TERM_PROGRESS_WHEN: 'never',
}
const RUSTUP = { RUSTUP_HOME: `${KEPT}/rustup`, RUSTUP_AUTO_INSTALL: '0' }
/** Names by which people call the program that answers requests. */
const WEB = ['web', 'server', 'api', 'app', 'http']

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, above } = context
  if (above === undefined || !belongsAbove(above.view, above.folder)) return planIn(context, view, '.')
  const planned = planIn(context, above.view, above.folder)
  return planned.ok ? asMember(planned, context, above.folder) : planned
}

/** `folder` is the app's own in what is built, `.` when that is all of it. */
function planIn(context: PlanContext, view: FileView, folder: string): LanguagePlan | Refusal {
  const { settings } = context
  const crates = readCrates(view, folder)
  if (crates.all.length === 0)
    return refuse(
      'Cargo.toml names no package and no workspace with one',
      'Correct Cargo.toml; `cargo check` tells more.',
    )
  const programs = programsOf(crates)
  const [web] = programs
  if (web === undefined)
    return refuse(
      'This Rust app has no program, only libraries',
      'Add src/main.rs, or a [[bin]] in Cargo.toml.',
    )
  const asked = versions({ ...context, view: pinned(context.view) ? context.view : view }, crates)
  if (!asked.ok) return asked
  const locked = view.exists(posix.join(crates.home, 'Cargo.lock'))
  const env = { ...ENV, ...(asked.channel === null ? {} : { ...RUSTUP, RUSTUP_TOOLCHAIN: asked.channel }) }
  const rocket = crates.all.some(({ dependencies }) => dependencies.includes('rocket'))
  const command = (name: string) => `${rocket && name === web ? 'ROCKET_PORT=$PORT ' : ''}bin/${name}`
  const target: Target = {
    folder,
    home: crates.home,
    locked,
    package: crates.all.find((crate) => folder !== '.' && crate.folder === folder)?.name ?? null,
    files: folder === '.' ? ['.'] : filesOf(view, crates, folder),
    stubs: folder === '.' ? [] : unneeded(view, crates, folder),
  }
  return {
    ok: true,
    tools: asked.tools,
    steps: [
      installStep(crates, target, asked.channel, env),
      buildStep(programs, target, env, flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false),
    ],
    caches: {},
    include: [
      { step: 'build', paths: [posix.join(folder, 'bin')] },
      { step: 'source', paths: [folder] },
    ],
    env: {
      PATH_PREPEND: posix.join('/app', folder, 'bin'),
      ...(rocket ? { ROCKET_ADDRESS: '0.0.0.0' } : {}),
    },
    static: null,
    processes: Object.fromEntries(
      programs.map((name) => [
        name === web ? 'web' : typeOf(name),
        { command: command(name), from: 'Cargo.toml' },
      ]),
    ),
    notes: [...asked.notes, ...(locked ? [] : [unlocked()])],
  }
}

/** What is built, and of what. */
interface Target {
  readonly folder: string
  readonly home: string
  readonly locked: boolean
  /** null: all that the manifest names. */
  readonly package: string | null
  readonly files: readonly string[]
  /** Packages of the workspace that the app does without; Cargo wants to see them all the same. */
  readonly stubs: readonly Crate[]
}

const pinned = (view: FileView) => view.exists('rust-toolchain.toml') || view.exists('rust-toolchain')

const unneeded = (view: FileView, crates: Crates, folder: string) => {
  const needed = neededCrates(view, crates, folder)
  return crates.all.filter((crate) => !needed.includes(crate) && crate.folder !== '.')
}

function filesOf(view: FileView, crates: Crates, folder: string): string[] {
  const others = unneeded(view, crates, folder)
  const needed = crates.all.filter((crate) => !others.includes(crate) && crate.folder !== '.')
  const files = [
    ...needed.map((crate) => crate.folder),
    ...others.map((crate) => posix.join(crate.folder, 'Cargo.toml')),
    'Cargo.toml',
    'Cargo.lock',
    '.cargo',
    'src',
    'build.rs',
  ]
  return [...new Set(files)].filter((path) => view.exists(path)).sort()
}

/** The one that answers requests first. */
function programsOf(crates: Crates): string[] {
  const own = crates.all.filter(({ folder }) => crates.own.includes(folder))
  const all = [...new Set(own.flatMap(({ programs }) => programs))]
  const named = own.map(({ defaultRun }) => defaultRun).find((one) => one !== null && all.includes(one))
  const main = own.find(({ folder, programs, name }) => folder === '.' && programs.includes(name))?.name
  const web = named ?? main ?? WEB.find((word) => all.includes(word)) ?? all[0]
  return web === undefined ? [] : [web, ...all.filter((name) => name !== web)]
}

function typeOf(name: string): string {
  const type = name.toLowerCase().replaceAll('_', '-')
  return /^[a-z][a-z0-9-]*$/.test(type) && type !== 'web' ? type.slice(0, 30) : 'program'
}

/**
 * Crates, compiled for programs and libraries of the same names that are empty: a change of the app's own code then
 * costs what compiling that costs. Only manifests are in the step's key.
 */
function installStep(
  crates: Crates,
  target: Target,
  channel: string | null,
  env: Readonly<Record<string, string>>,
): Step {
  const manifests = crates.all.map(({ folder }) => posix.join(folder, 'Cargo.toml'))
  const clean = crates.all.map(({ name }) => `-p ${name}`).join(' ')
  const { home, locked } = target
  const lock = posix.join(home, 'Cargo.lock')
  return step({
    name: 'install',
    files: [...new Set(['Cargo.toml', ...manifests]), lock, '.cargo/config.toml', '.cargo/config'],
    commands: [
      ...(channel === null ? [] : [`rustup toolchain install ${channel} --profile minimal --no-self-update`]),
      stubsOf(crates.all),
      // Compiling fetches what this machine needs; all that other systems would need is several times as much.
      `${stepIn(home, `cargo build --release${locked ? ' --locked' : ''} ${target.package === null ? '--workspace' : `-p ${target.package}`} --bins`)} || {
  ${stepIn(home, `cargo fetch${locked ? ' --locked' : ''}`)}
  echo "Some crates could not be compiled ahead; they are compiled with the app."
}`,
      // Locks in a layer beneath could not be taken, and what is the app's own has to be compiled from its own code.
      // Sources of crates stay: unpacked anew they would be younger than what was compiled of them, and whatever looks
      // at the time of its files would be compiled again with all that needs it.
      `${stepIn(home, `cargo clean --release --offline ${clean}`)} || true
find .sky -name '.cargo-*lock' -delete; rm -rf .sky/cargo/.package-cache* .sky/rustup/downloads .sky/rustup/tmp`,
    ],
    env,
    network: true,
    outputs: locked ? ['.sky'] : ['.sky', lock],
  })
}

/** Empty programs and libraries in the place of each that a manifest names. */
function stubsOf(crates: readonly Crate[]): string {
  const lines = crates
    .flatMap(({ sources }) => sources)
    .map(({ path, main }) => `stub ${path} ${main ? "'fn main() {}'" : "''"}`)
  return ['stub() { mkdir -p "$(dirname "$1")"; printf "%s\\n" "$2" > "$1"; }', ...lines].join('\n')
}

function buildStep(
  programs: readonly string[],
  { folder, home, locked, files, stubs, package: only }: Target,
  env: Readonly<Record<string, string>>,
  network: boolean,
): Step {
  const bin = posix.join(folder, 'bin')
  const copies = programs.map((name) => `cp .sky/target/release/${name} ${bin}/`).join(' && ')
  const which = `${only === null ? '' : `-p ${only} `}${programs.map((name) => `--bin ${name}`).join(' ')}`
  return step({
    name: 'build',
    needs: ['install'],
    files: [...files],
    commands: [
      ...(stubs.length === 0 ? [] : [stubsOf(stubs)]),
      stepIn(
        home,
        `cargo build --release${network ? '' : ' --offline'}${locked ? ' --locked' : ''} ${which}`,
      ),
      `mkdir -p ${bin} && ${copies}`,
    ],
    env,
    network,
    secrets: ['*'],
    outputs: [bin],
  })
}

const unlocked = (): Note => ({
  level: 'warn',
  code: 'rust.lock.missing',
  message: 'There is no Cargo.lock, so each change of Cargo.toml may bring other versions: commit it.',
})
