import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const everywhere = ['server', 'runtime', 'buildpacks', 'cli', 'dashboard', 'github-action', 'test']
const named = (suffix: string, folders = everywhere) => folders.map((folder) => `${folder}/**/*.${suffix}.ts`)
const exclude = ['**/node_modules/**', '**/dist/**', '**/fixtures/**', 'test/apps/**']

/** These take longest, so they begin first; the others fill the time beside them. */
const LONG = [
  'architecture',
  'apps',
  'processes',
  'accounts',
  'server-killed',
  'agent-killed',
  'rejected',
  'never-listens',
  'crash',
  'interrupted',
  'handover',
  'receive',
  'running',
]

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONG.indexOf(basename(moduleId).split('.')[0] ?? '')
      return found < 0 ? LONG.length : found
    }
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}

/** They kill the platform's processes, fill its disk, or look whether anything is left on it: nothing runs beside them. */
const alone = ['survives', 'interrupted-push', 'crash-sample', 'disk-full', 'volumes', 'network'].map(
  (name) => `test/e2e/${name}.e2e.test.ts`,
)

// One runner for every tier; which parts are real is told by a file's suffix (CONTRIBUTING.md, "Tests").
export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          name: 'fast',
          include: named('test'),
          exclude: [
            ...exclude,
            ...['db', 'root', 'builds', 'e2e', 'crash'].flatMap((tier) => named(`${tier}.test`)),
          ],
          pool: 'threads',
          // By itself it would leave one of two cores idle.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          // Many threads on few cores: slow is not broken.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'db',
          include: named('db.test'),
          exclude,
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'root',
          include: named('root.test'),
          exclude: [...exclude, 'buildpacks/**'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'nix',
          include: named('root.test', ['buildpacks']),
          exclude,
          pool: 'forks',
          // One store for all of them.
          fileParallelism: false,
          testTimeout: 180_000,
          // The first one makes the stacks and fetches tools, beside three other lanes.
          hookTimeout: 1_200_000,
        },
      },
      {
        test: {
          name: 'builds',
          include: named('builds.test'),
          exclude,
          pool: 'forks',
          fileParallelism: false,
          maxConcurrency: 2,
          testTimeout: 1_200_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: named('e2e.test'),
          exclude: [...exclude, ...alone],
          pool: 'forks',
          maxWorkers: 3,
          // Beside the other lanes builds get what these leave, and half a processor at least.
          testTimeout: 600_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e-alone',
          include: alone,
          exclude,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'crash',
          include: named('crash.test'),
          exclude,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
