import { expect, it } from 'vitest'
import { AppId } from '../contract/ids.ts'
import { uuidV7 } from './uuid.ts'

it('ids are valid and sort by the time they were made', () => {
  const random = new Uint8Array(10).fill(255)
  const ids = [0, 1, 255, 256, 1_700_000_000_000, 1_700_000_000_001].map((now) => uuidV7(now, random))
  for (const id of ids) expect(AppId.safeParse(id).success).toBe(true)
  expect([...ids].sort()).toEqual(ids)
  expect(uuidV7(0x0123456789ab, new Uint8Array(10))).toBe('01234567-89ab-7000-8000-000000000000')
})
