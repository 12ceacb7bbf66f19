import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const MAX_BYTES = 64 * 1024

/** What evaluating a flake said of its default package. */
export const Found = z.object({
  derivation: z.string().regex(/^\/nix\/store\/[0-9a-z]{32}-[0-9A-Za-z+._?=-]+\.drv$/),
  output: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/),
  name: z.string(),
  /** As the package itself names its program; null: it does not. */
  program: z.string().nullable(),
})
export type Found = z.infer<typeof Found>

/** Null where the file is not what the step was to write. */
export async function readFound(folder: string): Promise<Found | null> {
  const file = join(folder, 'found.json')
  const there = await lstat(file).catch(() => null)
  if (there === null || !there.isFile() || there.size > MAX_BYTES) return null
  try {
    const found = Found.safeParse(JSON.parse(await readFile(file, 'utf8')))
    return found.success ? found.data : null
  } catch {
    return null
  }
}

/** Names that a shell takes for nothing but a word, and that no path leads out of by. */
const isProgram = (name: string) => /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}$/.test(name)

/**
 * The program that answers requests: as the package says, else called as the package, else the only one. Null: it is
 * not clear which. Pure.
 */
export function webProgramOf(
  found: Pick<Found, 'name' | 'program'>,
  programs: readonly string[],
): string | null {
  // Programs that are called by others are wrapped and hidden, as nixpkgs does it.
  const open = programs.filter((name) => isProgram(name))
  const named = [found.program, found.name].find((name) => name !== null && open.includes(name))
  return named ?? (open.length === 1 ? (open[0] ?? null) : null)
}

/** What `nix build --dry-run` says, as a sentence; null: nothing has to be done. Pure. */
export function dryRunLine(text: string): string | null {
  const count = (what: string) => {
    const some = new RegExp(`these (\\d+) (?:derivations|paths) will be ${what}`).exec(text)?.[1]
    return some !== undefined
      ? Number(some)
      : new RegExp(`this (?:derivation|path) will be ${what}`).test(text)
        ? 1
        : 0
  }
  const built = count('built')
  const fetched = count('fetched')
  if (built === 0 && fetched === 0) return null
  const size = /will be fetched \(([\d.]+ \w+) download/.exec(text)?.[1]
  const parts = [
    ...(fetched === 0
      ? []
      : [
          `${fetched} ${fetched === 1 ? 'path is' : 'paths are'} fetched${size === undefined ? '' : ` (${size})`}`,
        ]),
    ...(built === 0 ? [] : [`${built} ${built === 1 ? 'derivation is' : 'derivations are'} built`]),
  ]
  return parts.join(', ')
}
