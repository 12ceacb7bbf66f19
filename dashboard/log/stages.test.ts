import { expect, it } from 'vitest'
import { splitStages, unindent } from './stages.ts'

const lines = (...texts: string[]) => texts.map((text, at) => ({ seq: at + 1, text, time: `t${at + 1}` }))
const LOG = lines(
  'Building on the stack',
  '-----> Node.js app detected',
  '       node 22',
  '-----> Installing',
  '       added 3',
  '',
)

it('each heading begins a stage; what stands in front of the first is one too', () => {
  expect(splitStages(LOG, 'succeeded')).toMatchObject([
    { title: '', lines: [{ seq: 1 }], state: 'done', time: 't1', until: 't1' },
    { title: 'Node.js app detected', lines: [{ seq: 3 }], state: 'done', time: 't2', until: 't3' },
    { title: 'Installing', lines: [{ seq: 5 }], state: 'done', time: 't4' },
  ])
})

it('the last stage runs as long as the build does, and fails with it', () => {
  const last = (state: Parameters<typeof splitStages>[1]) => splitStages(LOG, state).at(-1)?.state
  expect([last('running'), last('pending'), last('failed'), last('canceled'), last('succeeded')]).toEqual([
    'running',
    'running',
    'failed',
    'failed',
    'done',
  ])
  expect(
    splitStages(LOG, 'failed')
      .slice(0, -1)
      .map(({ state }) => state),
  ).toEqual(['done', 'done'])
})

it('empty lines in front make no stage, and no lines make none', () => {
  expect(splitStages(lines('', ' '), 'running')).toEqual([])
  expect(splitStages([], 'running')).toEqual([])
})

it('what an app prints like a heading is only text, but for the arrow itself', () => {
  expect(splitStages(lines('       -----> not a heading', '-----> a heading'), 'running')).toHaveLength(2)
  expect(unindent('       indented')).toBe('indented')
  expect(unindent('  kept')).toBe('  kept')
})
