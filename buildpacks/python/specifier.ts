import { clausesOf, satisfiesClause } from '../pep440.ts'

/**
 * Which minor versions of Python a requirement allows: PEP 440 (`>=3.10,<3.13`, `~=3.11`, `==3.12.*`), Poetry's forms
 * (`^3.11`, `3.11.*`, alternatives with `||`) and plain ones (`3.11`, `3.11.4`, `python-3.11.4`).
 */
export function allowsMinor(requirement: string, minor: number): boolean {
  // A minor version fits when one of its patches does; the ends, and those that are named, stand for all.
  const named = [...requirement.matchAll(/3\.\d+\.(\d+)/g)].map(([, patch]) => Number(patch))
  const patches = [0, 99, ...named, ...named.map((patch) => patch + 1)].slice(0, 40)
  return alternatives(requirement).some((clauses) =>
    patches.some((patch) => clauses.every((clause) => satisfiesClause([3, minor, patch], clause))),
  )
}

export function isRequirement(text: string): boolean {
  const clauses = alternatives(text)
  return (
    text.length <= 200 &&
    clauses.every(
      (some) =>
        some.length > 0 &&
        some.every((one) =>
          /^(?:[<>=!~^]=?=?)?\s*(?:\d+(?:\.(?:\d+|\*|x)){0,2}|\*)(?:[abrc]+\d*)?$/i.test(one),
        ),
    )
  )
}

/** `python-3.11.4` and `cpython@3.11` are 3.11 with words around. */
function alternatives(text: string): string[][] {
  return text
    .trim()
    .replace(/^(?:python|cpython)[-@ ]?(?=[\d<>=~^])/i, '')
    .replace(/-linux.*$/, '')
    .split('||')
    .map(clausesOf)
}
