import { expect, it } from 'vitest'
import { parseAnsi, plainText } from './ansi.ts'

const ESC = '\u001b'

it('plain text stays one piece, and an empty line has none', () => {
  expect(parseAnsi('hello <b>world</b>')).toEqual([{ text: 'hello <b>world</b>', style: {} }])
  expect(parseAnsi('')).toEqual([])
})

it('colours and styles begin and end where they are said to', () => {
  expect(parseAnsi(`a${ESC}[1;31mb${ESC}[22mc${ESC}[39md${ESC}[0me`)).toEqual([
    { text: 'a', style: {} },
    { text: 'b', style: { bold: true, fg: 1 } },
    { text: 'c', style: { fg: 1 } },
    { text: 'd', style: {} },
    { text: 'e', style: {} },
  ])
})

it('bright, 256 and true colours are understood, in front and behind', () => {
  const [bright, cube, grey, exact] = parseAnsi(
    `${ESC}[92ma${ESC}[38;5;196mb${ESC}[48;5;240mc${ESC}[0;38;2;1;2;300md`,
  )
  expect(bright?.style).toEqual({ fg: 10 })
  expect(cube?.style).toEqual({ fg: 'rgb(255 0 0)' })
  expect(grey?.style).toEqual({ fg: 'rgb(255 0 0)', bg: 'rgb(88 88 88)' })
  expect(exact?.style).toEqual({ fg: 'rgb(1 2 255)' })
})

it('orders that move the cursor, set titles or make links print nothing', () => {
  const line = `${ESC}[2J${ESC}]0;title\u0007${ESC}]8;;javascript:alert(1)${ESC}\\link${ESC}]8;;${ESC}\\${ESC}[?25l${ESC}(B!`
  expect(plainText(line)).toBe('link!')
  expect(parseAnsi(line).map(({ text }) => text)).toEqual(['link', '!'])
})

it('a carriage return begins the line anew, as a progress bar means it', () => {
  expect(parseAnsi('10 %\r55 %\r100 %').map(({ text }) => text)).toEqual(['100 %'])
  expect(plainText('done\r')).toBe('done')
})

it('half an order at the end of a line is not shown and harms nothing', () => {
  for (const half of [
    `${ESC}`,
    `${ESC}[`,
    `${ESC}[31`,
    `${ESC}]8;;http://x`,
    `${ESC}[38;5`,
    `${ESC}[38;2;1m`,
  ])
    expect(plainText(`text${half}`).startsWith('text')).toBe(true)
  expect(parseAnsi(`${ESC}[38;5mx`)).toEqual([{ text: 'x', style: { fg: 0 } }])
})

it('a line of a megabyte is read in a moment, whatever it holds', () => {
  expect(plainText(ESC.repeat(500_000))).toBe('')
  expect(plainText(`${ESC}]`.repeat(250_000)).length).toBe(0)
})
