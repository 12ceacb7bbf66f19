import semver from 'semver'
import type { Note, Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'
import { type Declared, fromToolFiles, fromVersionFile, parsed, tableOf } from '../tool-files.ts'
import type { Crates } from './crates.ts'

export interface RustVersion {
  readonly ok: true
  readonly tools: readonly Tool[]
  /** What rustup has to install; null when Debian's compiler does. */
  readonly channel: string | null
  readonly notes: readonly Note[]
}

/** Debian's compiler: of the stack's suite as updated there (backports). Everything else comes by rustup. */
export function versions({ view, settings, manifest }: PlanContext, crates: Crates): RustVersion | Refusal {
  const debian = manifest.defaults['debian'] ?? ''
  const set = override(settings, 'SKYPANEL_RUST_VERSION', 'RUST_VERSION')
  const pinned: Declared | null =
    (set === null ? null : { text: set.value, from: set.name }) ??
    fromToolchainFile(view) ??
    fromVersionFile(view, '.rust-version') ??
    fromToolFiles(view, 'rust')
  const tool = (want: string, from: string, layer: Tool['layer']) =>
    request({
      name: 'rust',
      want,
      from,
      source: 'debian',
      phase: ['build'],
      ...(layer === undefined ? {} : { layer }),
    })
  const own: Tool['layer'] = { suite: 'trixie-backports', packages: ['rustc', 'cargo'] }
  if (pinned === null || ['stable', 'latest', '*'].includes(pinned.text)) {
    const least = crates.all
      .map(({ rustVersion }) => semver.coerce(rustVersion))
      .filter((one) => one !== null)
    const newest = least.sort(semver.rcompare)[0]
    if (newest === undefined || semver.lte(newest, `${debian}.999`))
      return {
        ok: true,
        tools: [tool(pinned?.text ?? '*', pinned?.from ?? 'default', own)],
        channel: null,
        notes: [],
      }
    return byRustup(`${newest.major}.${newest.minor}`, 'Cargo.toml#rust-version', tool)
  }
  if (!/^(?:\d+\.\d+(?:\.\d+)?|(?:nightly|beta)(?:-\d{4}-\d{2}-\d{2})?)$/.test(pinned.text)) {
    return refuse(
      `${pinned.from} asks for Rust "${pinned.text.slice(0, 60)}", which is no version`,
      'Write it as in `1.88`, `1.88.0` or `stable`.',
    )
  }
  if (pinned.text === debian)
    return { ok: true, tools: [tool(pinned.text, pinned.from, own)], channel: null, notes: [] }
  return byRustup(pinned.text, pinned.from, tool)
}

function byRustup(
  channel: string,
  from: string,
  tool: (want: string, from: string, layer: Tool['layer']) => Tool,
): RustVersion {
  const notes: Note[] = [
    {
      level: 'info',
      code: 'rust.rustup',
      message: `Rust ${channel} (${from}) is fetched by rustup, from where Rust publishes it.`,
    },
  ]
  return { ok: true, tools: [tool(channel, from, { suite: null, packages: ['rustup'] })], channel, notes }
}

/** `rust-toolchain.toml`, or the older file with a name alone. */
function fromToolchainFile(view: PlanContext['view']): Declared | null {
  for (const from of ['rust-toolchain.toml', 'rust-toolchain']) {
    const channel = tableOf(parsed(view, from), 'toolchain')['channel']
    if (typeof channel === 'string') return { text: channel, from }
  }
  const old = fromVersionFile(view, 'rust-toolchain')
  return old === null || old.text.startsWith('[') ? null : old
}
