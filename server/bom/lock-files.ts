import { type FileView, openFolder, type ReadResult, subView } from '../../buildpacks/file-view.ts'
import type { Declared } from './component.ts'
import { bunLock, npmLock, pnpmLock, yarnLock } from './lock-node.ts'
import {
  cargoLock,
  composerLock,
  gemfileLock,
  goModules,
  gradleLock,
  mixLock,
  pipfileLock,
  pom,
  pythonToml,
  requirements,
} from './lock-others.ts'

type Parse = (text: string, from: string) => Declared[]

/** The first of a group that is there counts: two lock files of one language say the same, or one is stale. */
const GROUPS: readonly (readonly (readonly [file: string, parse: Parse])[])[] = [
  [
    ['npm-shrinkwrap.json', npmLock],
    ['package-lock.json', npmLock],
    ['pnpm-lock.yaml', pnpmLock],
    ['yarn.lock', yarnLock],
    ['bun.lock', bunLock],
  ],
  [
    ['uv.lock', pythonToml],
    ['poetry.lock', pythonToml],
    ['pdm.lock', pythonToml],
    ['Pipfile.lock', pipfileLock],
    ['requirements.txt', requirements],
  ],
  [['Cargo.lock', cargoLock]],
  [['Gemfile.lock', gemfileLock]],
  [['composer.lock', composerLock]],
  [
    ['gradle.lockfile', gradleLock],
    ['pom.xml', pom],
  ],
  [['mix.lock', mixLock]],
]

/** Lock files of large apps have a few megabytes. */
const MOST_BYTES = 16 << 20

export interface Locks {
  readonly declared: readonly Declared[]
  /** Lock files that could not be read, and why; they are left out. */
  readonly broken: readonly string[]
}

/** What the lock files of a source say. `root`: the app's folder in it. */
export function readLocks(folder: string, root: string): Locks {
  const whole = openFolder(folder)
  const views: readonly FileView[] = root === '.' ? [whole] : [subView(whole, root), whole]
  const declared: Declared[] = []
  const broken: string[] = []
  const attempt = (file: string, parse: () => Declared[]) => {
    try {
      declared.push(...parse())
    } catch (error) {
      broken.push(
        `${file}: ${(error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''}`,
      )
    }
  }
  for (const group of GROUPS) {
    const found = first(views, group)
    if (found !== null) attempt(found.file, () => found.parse(found.text, found.file))
  }
  const sum = first(views, [['go.sum', () => []]])
  if (sum !== null) {
    const mod = first(views, [['go.mod', () => []]])
    attempt('go.sum', () => goModules(sum.text, mod?.text ?? null, 'go.mod'))
  }
  return { declared, broken }
}

/** A workspace has its lock file at its root, above the app. */
function first(views: readonly FileView[], group: (typeof GROUPS)[number]) {
  for (const view of views) {
    for (const [file, parse] of group) {
      const read: ReadResult = view.read(file, MOST_BYTES)
      if (read.ok) return { file, parse, text: read.text }
    }
  }
  return null
}
