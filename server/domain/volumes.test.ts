import { expect, test } from 'vitest'
import { SnapshotName } from '../contract/volumes.ts'
import { needsRecreate, refuseQuantity, snapshotName } from './volumes.ts'

const app = { volumes: [{ type: 'web' }] }

test('only a process type with a volume is replaced one after the other, and has one instance', () => {
  expect(needsRecreate(app, 'web')).toBe(true)
  expect(needsRecreate(app, 'worker')).toBe(false)
  expect(refuseQuantity(app, 'web', 1)).toBeNull()
  expect(refuseQuantity(app, 'worker', 5)).toBeNull()
  expect(refuseQuantity(app, 'web', 2)).toMatch(/one instance at a time/)
})

test('a snapshot is called by its moment', () => {
  expect(snapshotName(Date.UTC(2026, 10, 22, 1, 3, 9))).toBe('20261122-010309')
  expect(SnapshotName.safeParse(snapshotName(0)).success).toBe(true)
})
