/**
 * Globs over slash-separated paths: `*` and `?` within a segment, `**` over segments, `{a,b}` one level deep. Matching
 * is by two pointers instead of a regular expression, because patterns also come from users' files (workspaces) and
 * must not be able to hang a build.
 */
export function matchesGlob(path: string, glob: string): boolean {
  const segments = path.split('/')
  return alternatives(glob).some((one) => matchSegments(segments, one.split('/')))
}

export function isGlob(text: string): boolean {
  return /[*?{]/.test(text)
}

const MAX_ALTERNATIVES = 32

function alternatives(glob: string): string[] {
  const open = glob.indexOf('{')
  const close = glob.indexOf('}', open)
  if (open < 0 || close < 0) return [glob]
  const before = glob.slice(0, open)
  const after = glob.slice(close + 1)
  const inner = glob
    .slice(open + 1, close)
    .split(',')
    .slice(0, MAX_ALTERNATIVES)
  return inner.map((word) => before + word + after)
}

function matchSegments(path: readonly string[], glob: readonly string[]): boolean {
  return matchSequence(
    path.length,
    glob.length,
    (p, g) => matchSegment(path[p] ?? '', glob[g] ?? ''),
    (g) => glob[g] === '**',
  )
}

function matchSegment(text: string, glob: string): boolean {
  // A star does not stand for a leading dot, as in shells: `*` must not pick up `.git`.
  if (text.startsWith('.') && !glob.startsWith('.')) return false
  return matchSequence(
    text.length,
    glob.length,
    (t, g) => glob[g] === '?' || glob[g] === text[t],
    (g) => glob[g] === '*',
  )
}

/** The classic greedy matcher: on a mismatch the last star takes one more element. O(elements × pattern). */
function matchSequence(
  length: number,
  patternLength: number,
  same: (at: number, pattern: number) => boolean,
  isStar: (pattern: number) => boolean,
): boolean {
  let at = 0
  let pattern = 0
  let star = -1
  let resume = 0
  while (at < length) {
    if (pattern < patternLength && isStar(pattern)) {
      star = pattern
      resume = at
      pattern += 1
    } else if (pattern < patternLength && same(at, pattern)) {
      at += 1
      pattern += 1
    } else if (star >= 0) {
      pattern = star + 1
      resume += 1
      at = resume
    } else {
      return false
    }
  }
  while (pattern < patternLength && isStar(pattern)) pattern += 1
  return pattern === patternLength
}
