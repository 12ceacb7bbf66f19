import { posix } from 'node:path'
import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { type Crates, readCrates } from './crates.ts'
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
  const { view, settings } = context
  const crates = readCrates(view)
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
  const asked = versions(context, crates)
  if (!asked.ok) return asked
  const locked = view.exists('Cargo.lock')
  const env = { ...ENV, ...(asked.channel === null ? {} : { ...RUSTUP, RUSTUP_TOOLCHAIN: asked.channel }) }
  const rocket = crates.all.some(({ dependencies }) => dependencies.includes('rocket'))
  const command = (name: string) => `${rocket && name === web ? 'ROCKET_PORT=$PORT ' : ''}bin/${name}`
  return {
    ok: true,
    tools: asked.tools,
    steps: [
      installStep(crates, locked, asked.channel, env),
      buildStep(programs, locked, env, flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false),
    ],
    caches: {},
    include: [
      { step: 'build', paths: ['bin'] },
      { step: 'source', paths: ['.'] },
    ],
    env: { PATH_PREPEND: '/app/bin', ...(rocket ? { ROCKET_ADDRESS: '0.0.0.0' } : {}) },
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
  locked: boolean,
  channel: string | null,
  env: Readonly<Record<string, string>>,
): Step {
  const manifests = crates.all.map(({ folder }) => posix.join(folder, 'Cargo.toml'))
  const stubs = crates.all.flatMap(({ sources }) => sources)
  const lines = stubs.map(({ path, main }) => `stub ${path} ${main ? "'fn main() {}'" : "''"}`)
  const clean = crates.all.map(({ name }) => `-p ${name}`).join(' ')
  return step({
    name: 'install',
    files: [...new Set(['Cargo.toml', ...manifests]), 'Cargo.lock', '.cargo/config.toml', '.cargo/config'],
    commands: [
      ...(channel === null ? [] : [`rustup toolchain install ${channel} --profile minimal --no-self-update`]),
      ['stub() { mkdir -p "$(dirname "$1")"; printf "%s\\n" "$2" > "$1"; }', ...lines].join('\n'),
      `cargo fetch${locked ? ' --locked' : ''}`,
      `cargo build --release --offline --workspace --bins || echo "Some crates could not be compiled ahead; they are compiled with the app."`,
      // Locks in a layer beneath could not be taken, and what is the app's own has to be compiled from its own code.
      `cargo clean --release --offline ${clean} || true
find .sky -name '.cargo-*lock' -delete; rm -rf .sky/target/.rustc_info.json .sky/cargo/.package-cache* .sky/cargo/registry/src .sky/rustup/downloads .sky/rustup/tmp`,
    ],
    env,
    network: true,
    outputs: locked ? ['.sky'] : ['.sky', 'Cargo.lock'],
  })
}

function buildStep(
  programs: readonly string[],
  locked: boolean,
  env: Readonly<Record<string, string>>,
  network: boolean,
): Step {
  const copies = programs.map((name) => `cp .sky/target/release/${name} bin/`).join(' && ')
  return step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: [
      `cargo build --release${network ? '' : ' --offline'}${locked ? ' --locked' : ''} ${programs.map((name) => `--bin ${name}`).join(' ')}`,
      `mkdir -p bin && ${copies}`,
    ],
    env,
    network,
    secrets: ['*'],
    outputs: ['bin'],
  })
}

const unlocked = (): Note => ({
  level: 'warn',
  code: 'rust.lock.missing',
  message: 'There is no Cargo.lock, so each change of Cargo.toml may bring other versions: commit it.',
})
