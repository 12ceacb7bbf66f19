import semver from 'semver'
import type { Note, Tool } from '../plan.ts'
import type { GoProxy } from './go-proxy.ts'
import type { Inventory, Resolution } from './inventory.ts'
import { nearest } from './nearest.ts'
import { staleNote } from './stale-note.ts'

/** Go's two newest lines get security fixes. */
const SUPPORTED = 2

/** Of the stack's Debian; Go itself then fetches what go.mod asks for beyond it. */
const DEBIAN: NonNullable<Resolution & { ok: true }>['instead'] = {
  source: 'debian',
  layer: { suite: null, packages: ['golang-go'] },
}

/** Exact Go versions, as the machine's module proxy has them. `proxy` null: this machine's Go names none. */
export function goInventory(proxy: GoProxy | null): Inventory {
  return {
    async resolve(tool, { locked, now }) {
      if (proxy === null) return debianGo(tool)
      const { versions, staleSince } = await proxy.list(now)
      const chosen = chooseGo(tool, versions, locked)
      if (!chosen.ok) return chosen
      const hash = await proxy.hash(chosen.version)
      return {
        ok: true,
        version: chosen.version,
        hash,
        url: null,
        notes: [...staleNote('go', staleSince, now), ...chosen.notes],
      }
    },
  }
}

type Chosen = { ok: true; version: string; notes: readonly Note[] } | Extract<Resolution, { ok: false }>

/** The newest that fits; versions as Go writes them. */
export function chooseGo(tool: Tool, offered: readonly string[], locked: string | null): Chosen {
  const usable = offered
    .flatMap((name) => {
      const asSemver = /^\d+\.\d+$/.test(name) ? `${name}.0` : name
      return semver.valid(asSemver) === null ? [] : [{ name, asSemver }]
    })
    .sort((a, b) => semver.rcompare(a.asSemver, b.asSemver))
  const fits = usable.filter(({ asSemver }) => semver.satisfies(asSemver, tool.want))
  const chosen = fits.find(({ name }) => name === locked) ?? fits[0]
  if (chosen !== undefined)
    return { ok: true, version: chosen.name, notes: endNotes(tool, chosen.asSemver, usable) }
  const near = nearest(
    usable.map(({ asSemver }) => asSemver),
    tool.want,
  )
  return {
    ok: false,
    message: `Go ${tool.want} is not available (asked for by ${tool.from})`,
    hint:
      near.length > 0
        ? `The nearest that are: ${near.join(', ')}. "go 1.22" in go.mod also gets later fixes.`
        : 'No version of Go is available; ask the operator to look at the module proxy.',
  }
}

function endNotes(tool: Tool, version: string, usable: readonly { asSemver: string }[]): Note[] {
  const lines = [...new Set(usable.map(({ asSemver }) => semver.minor(asSemver)))].slice(0, SUPPORTED)
  if (lines.includes(semver.minor(version))) return []
  return [
    {
      level: 'warn',
      code: 'go.eol',
      message: `Go ${semver.major(version)}.${semver.minor(version)} gets no more security fixes (asked for by ${tool.from}). Move to a newer line.`,
    },
  ]
}

function debianGo(tool: Tool): Resolution {
  const notes: Note[] = [
    {
      level: 'info',
      code: 'go.debian',
      message: `This machine names no Go module proxy (GOPROXY), so Debian's Go is used; it fetches a newer one by itself where go.mod asks for it (${tool.from}).`,
    },
  ]
  return {
    ok: true,
    version: null,
    hash: null,
    url: null,
    notes,
    ...(DEBIAN === undefined ? {} : { instead: DEBIAN }),
  }
}
