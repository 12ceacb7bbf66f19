import { describe, expect, it } from 'vitest'
import { type Compared, summary, tellCompared, whyDifferent } from './differences.ts'

const step = (name: string, files: readonly string[]): Compared => ({
  name,
  step: 'build',
  same: files.length === 0,
  files,
  sample: null,
  ms: 1,
})

describe('steps that were run twice', () => {
  it('are counted, and those that differ stand in a table with the reason', () => {
    const many = Array.from({ length: 19 }, (_, at) => step(`go/${at}`, []))
    const { share, text } = summary([...many, step('node/next', ['app/.next/BUILD_ID', 'app/.next/x.js'])])
    expect(share).toBe(0.95)
    expect(text).toContain('| node/next build | 2 | Next.js draws a random id')
    expect(text).toContain('✔ 19 of 20 offline steps gave the same bytes (95.0 %)')
  })

  it('miss the goal when more than one of twenty differs', () => {
    const { text } = summary([step('a/b', []), step('c/d', ['app/out'])])
    expect(text).toContain('✘ 1 of 2 offline steps gave the same bytes (50.0 %)')
  })

  it('differ for no known reason when no file of them has one', () => {
    expect(whyDifferent(['app/main.o'])).toBeNull()
    expect(tellCompared(step('c/d', ['app/main.o']))).toContain(
      'build differs in 1 files (not explained yet)',
    )
  })
})
