import { expect, it } from 'vitest'
import type { LogLine } from '../../server/contract/logs.ts'
import { LogBuffer, MAX_LINES } from './log-buffer.ts'

const line = (seq: number, text = `line ${seq}`, process = 'web.1'): LogLine => ({
  seq,
  time: '2026-11-21T12:00:00.000Z',
  source: 'app',
  process,
  stream: 'stdout',
  text,
})
const some = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => line(from + at))
const shown = (buffer: LogBuffer) => [...buffer.shown].map(({ seq }) => seq)
const filterNow = (buffer: LogBuffer, text: string, process = '') => {
  buffer.setFilter({ text, process })
  while (buffer.step(2));
}

it('keeps each line once, whichever way it comes and however often', () => {
  const buffer = new LogBuffer()
  buffer.append(some(10, 13))
  buffer.append(some(11, 15))
  buffer.prepend(some(7, 12))
  buffer.prepend(some(7, 10))
  expect(shown(buffer)).toEqual([7, 8, 9, 10, 11, 12, 13, 14])
  expect([buffer.first, buffer.last, buffer.shown.start]).toEqual([7, 14, -3])
})

it('finds text whatever its case and its colours, and the name of a process', () => {
  const buffer = new LogBuffer()
  buffer.append([line(1, 'GET /'), line(2, '\u001b[31mEr\u001b[0mror'), line(3, 'other', 'worker.1')])
  filterNow(buffer, ' error ')
  expect(shown(buffer)).toEqual([2])
  filterNow(buffer, 'WORKER')
  expect(shown(buffer)).toEqual([3])
  filterNow(buffer, '')
  expect(shown(buffer)).toEqual([1, 2, 3])
})

it('takes a process type for all its instances, and for no other that begins like it', () => {
  const buffer = new LogBuffer()
  buffer.append([line(1, 'a', 'web.1'), line(2, 'b', 'web.2'), line(3, 'c', 'webhook.1')])
  filterNow(buffer, '', 'web')
  expect(shown(buffer)).toEqual([1, 2])
  filterNow(buffer, '', 'web.2')
  expect(shown(buffer)).toEqual([2])
  expect(buffer.processes).toEqual(['web.1', 'web.2', 'webhook.1'])
})

it('shows the newest matches first while it still looks, and misses none that come meanwhile', () => {
  const buffer = new LogBuffer()
  buffer.append(some(10, 20))
  buffer.setFilter({ text: 'line', process: '' })
  expect(buffer.step(3)).toBe(true)
  expect(shown(buffer)).toEqual([17, 18, 19])
  buffer.append([line(20)])
  buffer.prepend(some(5, 10))
  expect(shown(buffer)).toEqual([17, 18, 19, 20])
  while (buffer.step(3));
  expect(shown(buffer)).toEqual(Array.from({ length: 16 }, (_, at) => 5 + at))
})

it('lets the oldest go beyond what a page can hold', () => {
  const buffer = new LogBuffer()
  buffer.append(some(1, MAX_LINES + 1))
  buffer.append([line(MAX_LINES + 1)])
  expect(buffer.lines.length).toBeLessThanOrEqual(MAX_LINES)
  expect(buffer.last).toBe(MAX_LINES + 1)
  expect(buffer.shown.length).toBe(buffer.lines.length)
  expect(buffer.shown.first).toBe(buffer.lines.first)
  expect(buffer.shown.start).toBeGreaterThan(0)
})
