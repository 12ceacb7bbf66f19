import fc from 'fast-check'
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppLog, DEFAULT_LIMITS } from './app-log.ts'
import { cut, MAX_LINE } from './cut.ts'
import { Cursor, lastLines } from './read-lines.ts'

const everything = { process: null, source: null } as const
const from = (key: string, process = 'web.1') => ({ key, source: 'app', process, stream: 'stdout' }) as const
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skypanel-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function readAll(log: AppLog, after = 0) {
  const cursor = new Cursor(log, after + 1, everything)
  const lines = []
  for (;;) {
    const read = cursor.read()
    lines.push(...read.lines)
    if (!read.more) return lines
  }
}

describe('cutting what was read', () => {
  test('pieces are the bytes as they came, whole lines but for over-long ones and the end', () => {
    const text = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.constant('\n'),
        fc.constant('ü'.repeat(5200)),
      ),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(text, fc.boolean(), (parts, ended) => {
        const data = Buffer.from(parts.join('\n'))
        const pieces = cut(data, ended)
        let at = 0
        for (const piece of pieces) {
          expect(piece.from).toBe(at)
          const bytes = data.subarray(piece.from, piece.to)
          const feeds = bytes.filter((byte) => byte === 10).length
          expect(piece.lines).toBe(Math.max(1, feeds))
          if (feeds === 0) expect(bytes.length).toBeLessThanOrEqual(MAX_LINE)
          at = piece.to
        }
        if (ended) expect(at).toBe(data.length)
        else expect(data.subarray(at).includes(10)).toBe(false)
      }),
      { numRuns: 15 },
    )
  })

  test('an over-long line is not cut within a character', () => {
    const pieces = cut(Buffer.from(`${'ü'.repeat(12_000)}\n`), false)
    const text = pieces.map(({ from: a, to }) =>
      Buffer.from(`${'ü'.repeat(12_000)}\n`).toString('utf8', a, to),
    )
    expect(text.join('')).toBe(`${'ü'.repeat(12_000)}\n`)
    expect(pieces.length).toBeGreaterThan(2)
  })
})

describe('the log of an app', () => {
  test('lines come back numbered without gaps, a partial one only when it is whole', () => {
    const log = new AppLog(folder)
    expect(log.append(from('a/out'), Buffer.from('one\r\ntwo\nthr'), false, 1)).toBe(9)
    expect(log.append(from('b/out', 'worker.1'), Buffer.from('other\n'), false, 2)).toBe(6)
    expect(log.append(from('a/out'), Buffer.from('three'), true, 3)).toBe(5)
    expect(readAll(log).map(({ seq, text, process }) => [seq, text, process])).toEqual([
      [1, 'one', 'web.1'],
      [2, 'two', 'web.1'],
      [3, 'other', 'worker.1'],
      [4, 'three', 'web.1'],
    ])
    expect(lastLines(log, 2, { process: 'web', source: null }).map(({ text }) => text)).toEqual([
      'two',
      'three',
    ])
    expect(readAll(log, 3).map(({ text }) => text)).toEqual(['three'])
    log.close()
  })

  test('bytes that are no text, and lines that look like our records, harm nothing', () => {
    const log = new AppLog(folder)
    const hostile = Buffer.concat([
      Buffer.from('B 0 1 0 5 1\nS 7 {}\nH {}\n\n'),
      Buffer.from([0xff, 0x00, 0xc3, 10]),
      Buffer.from('B 0 9 9 999999 1\n'),
    ])
    log.append(from('a/out'), hostile, false, 1)
    log.append(from('b/out'), Buffer.from('after\n'), false, 1)
    log.close()
    const again = new AppLog(folder)
    expect(readAll(again).map(({ text }) => text)).toEqual([
      'B 0 1 0 5 1',
      'S 7 {}',
      'H {}',
      '',
      '\ufffd\u0000\ufffd',
      'B 0 9 9 999999 1',
      'after',
    ])
    again.close()
  })

  test('beyond its size the oldest lines go, and a reader who was behind is told how many', () => {
    const log = new AppLog(folder, { total: 40_000, segment: 8000 })
    const cursor = new Cursor(log, 1, everything)
    for (let n = 0; n < 2000; n += 1)
      log.append(from('a/out'), Buffer.from(`line ${n} ${'x'.repeat(40)}\n`), false, 1)
    const kept = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    expect(kept).toBeLessThanOrEqual(40_000)
    const first = cursor.read().lines
    expect(first[0]?.text).toMatch(/^\d+ lines are missing here/)
    expect(first[0]?.seq).toBe((first[1]?.seq ?? 0) - 1)
    const all = readAll(log).slice(1)
    expect(all.at(-1)?.text).toMatch(/^line 1999 /)
    expect(all.every(({ seq, text }) => text.startsWith(`line ${seq - 1} `))).toBe(true)
    log.close()
  })

  test('cut off at any byte, it reads on from its sources and has every line once', () => {
    const piece = fc.record({
      source: fc.nat(2),
      text: fc.oneof(
        fc.constant('\n'),
        fc.stringMatching(/^[a-z\n ]{0,30}$/),
        fc.constant('y'.repeat(12_000)),
      ),
    })
    const script = fc.record({
      pieces: fc.array(piece, { minLength: 1, maxLength: 25 }),
      kills: fc.array(fc.record({ at: fc.nat(24), lose: fc.nat(400) }), { maxLength: 4 }),
      segment: fc.constantFrom(200, 3000, DEFAULT_LIMITS.segment),
    })
    fc.assert(
      fc.property(script, ({ pieces, kills, segment }) => {
        rmSync(folder, { recursive: true, force: true })
        const limits = { total: DEFAULT_LIMITS.total, segment }
        const files = ['', '', '']
        let log = new AppLog(folder, limits)
        const feed = (ended: boolean) => {
          for (const [index, text] of files.entries()) {
            const key = `${index}/out`
            log.append(from(key, `web.${index}`), Buffer.from(text).subarray(log.offsetOf(key)), ended, 1)
          }
        }
        for (const [index, { source, text }] of pieces.entries()) {
          files[source] += text
          const size = sizeOfNewest(log)
          feed(false)
          for (const kill of kills.filter(({ at }) => at === index)) {
            // As a kill may leave it: some of the last write is missing.
            log.close()
            const newest = log.segments.at(-1)?.path ?? ''
            const now = statSync(newest).size
            const rotated = sizeOfNewest(log) !== now || now < size
            truncateSync(newest, Math.max(rotated ? 0 : size, now - kill.lose))
            log = new AppLog(folder, limits)
          }
        }
        feed(true)
        for (const [index, text] of files.entries()) {
          const got = readAll(log)
            .filter(({ process }) => process === `web.${index}`)
            .map((line) => line.text)
          expect(got.join('').replaceAll(' ', '')).toBe(text.replaceAll('\n', '').replaceAll(' ', ''))
        }
        expect(readAll(log).map(({ seq }) => seq)).toEqual(
          Array.from({ length: log.next - 1 }, (_, n) => n + 1),
        )
        log.close()
      }),
      { numRuns: 30 },
    )
  })

  test('a newest segment that was cut off in its header is begun again', () => {
    const log = new AppLog(folder, { total: 100_000, segment: 100 })
    log.append(from('a/out'), Buffer.from(`${'first'.repeat(30)}\n`), false, 1)
    log.append(from('a/out'), Buffer.from('second\n'), false, 1)
    log.close()
    const [, newest] = readdirSync(folder).toSorted()
    truncateSync(join(folder, newest!), 10)
    const again = new AppLog(folder)
    expect(again.next).toBe(2)
    again.append(from('a/out'), Buffer.from('second\n'), false, 1)
    expect(readAll(again).map(({ text }) => text)).toEqual(['first'.repeat(30), 'second'])
    again.close()
  })
})

function sizeOfNewest(log: AppLog): number {
  return statSync(log.segments.at(-1)?.path ?? '').size
}
