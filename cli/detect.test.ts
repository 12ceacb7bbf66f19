import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { planFolder } from '../buildpacks/plan-folder.ts'
import { askedAbout } from '../buildpacks/asked.ts'
import { explanation, summary } from './commands/builds/detect.ts'

const plan = (sample: string) =>
  planFolder(fileURLToPath(new URL(`../test/apps/${sample}`, import.meta.url)), {
    builder: 'skypanel test',
    inventories: null,
    versions: 'open',
    now: 0,
  })

it.each([
  ['express', 'node', 'web: node index.js (Procfile:1)'],
  ['flask', 'python', 'web: gunicorn --bind 0.0.0.0:$PORT --workers 2 app:app (Procfile:1)'],
  ['static', 'static', 'web: '],
  ['node-build', 'node', 'web: node dist/server.js (package.json#scripts.start)'],
  ['worker', 'node', 'worker: node worker.js (Procfile:3)'],
])('the sample app %s is seen as %s, and the summary says why', async (sample, provider, process) => {
  const result = await plan(sample)
  if (!result.ok) throw new Error(result.message)
  const text = summary(result.plan)
  expect(text).toMatch(new RegExp(`^=== Detected\\n {2}${provider}: \\S`))
  expect(text).toContain(`\n  ${process}`)
  expect(text.split('\n').every((line) => line.length < 400)).toBe(true)
})

it('a version that was not resolved is told as such, with where the wish comes from', async () => {
  const result = await plan('express')
  if (!result.ok) throw new Error(result.message)
  expect(summary(result.plan)).toContain('  node 22.x from npm (not resolved): package.json#engines.node\n')
})

it('an explanation names every language that was asked, and why it was not taken', async () => {
  const found = await askedAbout(fileURLToPath(new URL('../test/apps/flask', import.meta.url)))
  if (!found.ok) throw new Error(found.message)
  const text = explanation(found.asked)
  expect(text).toMatch(/^=== Asked\n/)
  expect(text).toMatch(/^\* python +98% {2}.*requirements\.txt.*Procfile/m)
  expect(text).toMatch(/^ {2}node +no {2}none of package\.json/m)
})

it('an app with a Dockerfile is told what the images of it mean, and who else was asked', async () => {
  const folder = fileURLToPath(new URL('../buildpacks/dockerfile/fixtures/node-multi-stage', import.meta.url))
  const options = { builder: 'skypanel test', inventories: null, versions: 'open', now: 0 } as const
  const result = await planFolder(folder, options)
  if (!result.ok) throw new Error(result.message)
  expect(summary(result.plan)).toContain(
    "=== Image\n  Dockerfile\n    line 2: node:22-slim is Debian 12 with Node, made from Debian's packages\n",
  )
  const found = await askedAbout(folder)
  if (!found.ok) throw new Error(found.message)
  const text = explanation(found.asked)
  expect(text).toMatch(/^\* dockerfile +10% {2}Dockerfile is there/m)
  expect(text).toMatch(/^ {2}node /m)
})
