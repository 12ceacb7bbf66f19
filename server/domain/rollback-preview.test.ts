import { expect, test } from 'vitest'
import { previewRollback } from './rollback-preview.ts'

const now = {
  version: 7,
  commit: 'b'.repeat(40),
  config: { SAME: '1', NEW: 'secret', CHANGED: 'after', toString: 'x' },
  processTypes: { web: 'node new.js', worker: 'node worker.js' },
}
const old = {
  version: 3,
  commit: 'a'.repeat(40),
  config: { SAME: '1', OLD: 'secret', CHANGED: 'before' },
  processTypes: { web: 'node old.js', clock: 'node clock.js' },
}

test('a rollback is told by what it adds, removes and changes', () => {
  const preview = previewRollback(
    now,
    old,
    {
      now: [
        { type: 'web', quantity: 4 },
        { type: 'worker', quantity: 1 },
      ],
      old: [
        { type: 'web', quantity: 2 },
        { type: 'worker', quantity: 1 },
      ],
    },
    null,
  )
  expect(preview).toEqual({
    from: 7,
    to: 3,
    refusal: null,
    commit: { from: 'b'.repeat(40), to: 'a'.repeat(40) },
    config_vars: { added: ['OLD'], removed: ['NEW', 'toString'], changed: ['CHANGED'] },
    process_types: {
      added: { clock: 'node clock.js' },
      removed: { worker: 'node worker.js' },
      changed: { web: { from: 'node new.js', to: 'node old.js' } },
    },
    formation: [{ type: 'web', from: 4, to: 2 }],
  })
})

test('no value of a config var leaves', () => {
  const text = JSON.stringify(previewRollback(now, old, { now: [], old: [] }, null))
  for (const value of ['secret', 'before', 'after']) expect(text).not.toContain(value)
})
