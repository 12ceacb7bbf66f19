import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commandsOf, readOutputs } from '../../test/support/action-runner.ts'
import { annotation, command, outputEntry, plainLine, resume, stop } from './commands.ts'

/** As a runner takes a command apart: properties end at the first `::`. */
function parse(line: string) {
  const [, name = '', properties = '', data = ''] = /^::([^ :]+)(?: (.*?))?::([\s\S]*)$/.exec(line) ?? []
  const unescapeData = (text: string) =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
  const unescapeProperty = (text: string) => unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','))
  return {
    name,
    data: unescapeData(data),
    properties: Object.fromEntries(
      properties
        .split(',')
        .filter((part) => part !== '')
        .map((part) => [
          part.slice(0, part.indexOf('=')),
          unescapeProperty(part.slice(part.indexOf('=') + 1)),
        ]),
    ),
  }
}

const texts = fc
  .array(fc.constantFrom('::', ':', ',', '=', '%', '%0A', '%25', '\n', '\r', '\0', ' ', 'title', 'ö', '💥'))
  .map((parts) => parts.join(''))

describe('commands to the runner', () => {
  it('stand on one line and come out as they went in, whatever they hold', () => {
    fc.assert(
      fc.property(texts, texts, (data, title) => {
        const line = command('error', data, { title })
        expect(line).not.toMatch(/[\r\n]/)
        expect(parse(line)).toEqual({ name: 'error', data, properties: { title } })
      }),
    )
  })

  it('place an error beside the code', () => {
    expect(
      annotation('error', 'Build error', 'x: 100%\nno', { file: 'src/a,b.ts', line: 3, column: 5 }),
    ).toBe('::error file=src/a%2Cb.ts,line=3,col=5,title=Build error::x: 100%25%0Ano')
  })

  it('are not obeyed between stop and resume', () => {
    const log = [stop('abc'), '::error::inside', '##[error]inside', resume('abc'), '::notice::outside']
    expect(commandsOf(log.join('\n'))).toEqual(['::notice::outside'])
  })
})

it('a line of text is no command, whoever wrote it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('::', ':', ' ', '\n', '\r', '##[', '#', '[', 'error', 'x')),
      (parts) => {
        expect(commandsOf(plainLine(parts.join('')))).toEqual([])
      },
    ),
  )
})

describe('outputs', () => {
  it('come out of the file as they went in', () => {
    const text = outputEntry('url', 'http://a/', 'x1') + outputEntry('many', 'one\nrelease<<x\n2', 'x2')
    expect(readOutputs(text)).toEqual({ url: 'http://a/', many: 'one\nrelease<<x\n2' })
  })

  it('are refused when they hold their own delimiter', () => {
    expect(() => outputEntry('url', 'a\nx1\nrelease<<x2\n9\nx2', 'x1')).toThrow(/delimiter/)
  })
})
