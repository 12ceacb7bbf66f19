import { expect, test } from 'vitest'
import { commandWords } from './words.ts'

test.each([
  ['exec /server', ['/server']],
  ["exec /a 'b c' d'e f'g", ['/a', 'b c', 'de fg']],
  ["exec /a 'it'\\''s' ''", ['/a', "it's", '']],
  ['/a --port=5000', ['/a', '--port=5000']],
  ['', []],
])('%j is the words %j', (command, words) => {
  expect(commandWords(command)).toEqual(words)
})

test.each(['/a $PORT', '/a; /b', '/a > b', '/a "b"', '/a *', '/a `b`', "/a 'b", '/a && /b', '~/a'])(
  '%j needs a shell',
  (command) => {
    expect(commandWords(command)).toBeNull()
  },
)
