import { own } from '../own.ts'
import type { PackageJson } from './package-json.ts'

/** Lifecycle scripts of the root package that an install runs, in npm's order. */
export const LIFECYCLE = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
] as const

export function lifecycleOf(pkg: PackageJson, names: readonly string[] = LIFECYCLE): string[] {
  return names.filter((name) => (pkg.scripts[name] ?? '').trim() !== '')
}

const GIT_HOOKS =
  /^(?:is-ci \|\| )?(?:husky|husky install|simple-git-hooks|lefthook install)(?: \|\| (?:true|exit 0|echo .*))?$/

/** Whether a lifecycle script only sets up a developer's git hooks, of which a release has no use. */
export function onlyGitHooks(pkg: PackageJson, name: string): boolean {
  return GIT_HOOKS.test((pkg.scripts[name] ?? '').trim())
}

/** What a build runs, as Heroku does: heroku-postbuild stands for build where both exist. */
export function buildScriptsOf(pkg: PackageJson): string[] {
  const has = (name: string): boolean => (pkg.scripts[name] ?? '').trim() !== ''
  const main = ['heroku-postbuild', 'heroku-build', 'build'].find(has)
  return [...(main === undefined ? [] : [main]), ...(has('heroku-cleanup') ? ['heroku-cleanup'] : [])]
}

const FETCHES =
  /\b(?:(?:npm|pnpm|yarn|bun) (?:ci|i|install|exec|add|dlx|x)|npx|pnpx|bunx|curl|wget|pip3? install|git clone|playwright install)\b|(?:^|&& ?)yarn(?= *(?:$|&&))/
const RUNS = /\b(?:npm (?:run|run-script)|(?:pnpm|yarn|bun)(?: run)?) ([\w:.-]+)/g
const MAX_SCRIPTS = 200

/** The first script, of those that will run and those they call, that seems to fetch something; null when none does. */
export function fetchingScript(pkg: PackageJson, names: readonly string[]): string | null {
  const seen = new Set<string>()
  const pending = [...names]
  while (pending.length > 0 && seen.size < MAX_SCRIPTS) {
    const name = pending.pop() ?? ''
    if (seen.has(name)) continue
    seen.add(name)
    for (const one of [`pre${name}`, name, `post${name}`]) {
      const text = own(pkg.scripts, one) ?? ''
      if (FETCHES.test(text)) return one
      for (const [, called] of text.matchAll(RUNS)) pending.push(called ?? '')
    }
  }
  return null
}
