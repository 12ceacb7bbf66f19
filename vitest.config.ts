import { defineConfig } from 'vitest/config'

const everywhere = ['server', 'runtime', 'buildpacks', 'cli', 'test']
const named = (suffix: string) => everywhere.map((folder) => `${folder}/**/*.${suffix}.ts`)
const exclude = ['**/node_modules/**', '**/dist/**', '**/fixtures/**', 'test/apps/**']

// One runner for every tier; which parts are real is told by a file's suffix (CONTRIBUTING.md, "Tests").
export default defineConfig({
  test: {
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
        },
      },
      {
        test: {
          name: 'db',
          include: named('db.test'),
          exclude,
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'root',
          include: named('root.test'),
          exclude,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'builds',
          include: named('builds.test'),
          exclude,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 1_200_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: named('e2e.test'),
          exclude,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'crash',
          include: named('crash.test'),
          exclude,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 1_800_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
