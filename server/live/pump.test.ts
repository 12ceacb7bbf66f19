import { expect, test } from 'vitest'
import { pump } from './pump.ts'

const never = new AbortController().signal
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ seq: index + 1, text: 'x' }))
async function* from<T>(items: readonly T[], read: { count: number } = { count: 0 }): AsyncGenerator<T> {
  for (const item of items) {
    read.count += 1
    yield item
  }
}

test('every line comes once and in order, in parts of at most 2000', async () => {
  const parts: { seq: number; text: string }[][] = []
  await pump(from(numbered(5001)), async (lines) => void parts.push(lines), never)
  expect(parts.flat()).toEqual(numbered(5001))
  expect(parts.every(({ length }) => length > 0 && length <= 2000)).toBe(true)
})

test('long lines go in smaller parts', async () => {
  const parts: number[] = []
  const lines = Array.from({ length: 20 }, () => ({ text: 'y'.repeat(200_000) }))
  await pump(from(lines), async (part) => void parts.push(part.length), never)
  expect(parts.reduce((sum, count) => sum + count, 0)).toBe(20)
  expect(Math.max(...parts)).toBeLessThanOrEqual(3)
})

test('a source is read no further than two parts ahead of who does not take them', async () => {
  const read = { count: 0 }
  let take: () => void = () => undefined
  const sent: number[] = []
  const done = pump(
    from(numbered(20_000), read),
    (lines) => {
      sent.push(lines.length)
      return sent.length > 1 ? Promise.resolve() : new Promise((resolve) => (take = resolve))
    },
    never,
  )
  await expect.poll(() => sent.length).toBe(1)
  await expect.poll(() => read.count).toBe(4000)
  take()
  await done
  expect(sent.reduce((sum, count) => sum + count, 0)).toBe(20_000)
})

test('what was read before a failure is sent before it is told', async () => {
  const sent: { seq: number; text: string }[] = []
  async function* failing() {
    yield* numbered(3)
    throw new Error('the source broke')
  }
  await expect(pump(failing(), async (lines) => void sent.push(...lines), never)).rejects.toThrow(
    'the source broke',
  )
  expect(sent).toEqual(numbered(3))
})

test('it ends when it is told to, also while nothing comes or nobody takes', async () => {
  const gone = new AbortController()
  const { signal } = gone
  async function* silent() {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    yield* numbered(1)
  }
  const sent: unknown[] = []
  const done = pump(silent(), async (lines) => void sent.push(lines), signal)
  gone.abort()
  await done
  expect(sent).toEqual([])
})
