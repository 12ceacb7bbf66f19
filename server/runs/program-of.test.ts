import { expect, test } from 'vitest'
import { programOf } from './program-of.ts'

test('of a command only its program is kept, and nothing that may be a secret', () => {
  expect(programOf('rake db:migrate --token=s3cret')).toBe('rake')
  expect(programOf('/usr/bin/env A=s3cret x')).toBe('/usr/bin/env')
  expect(programOf('ls|wc -l')).toBe('ls')
  for (const line of ['TOKEN=s3cret rake', '$(echo s3cret)', '"s3cret"', '', 'x'.repeat(61)])
    expect(programOf(line)).toBe('(a command line)')
  expect(programOf(null)).toBeNull()
})
