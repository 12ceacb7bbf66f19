import { expect, test } from 'vitest'
import { PASSED_TO_SERVER } from '../runtime/setup/process-table.ts'
import { VARIABLES } from '../server/config.ts'

test('every setting of the server that is given to `npm start` reaches it', () => {
  expect(VARIABLES.filter((name) => !PASSED_TO_SERVER.test(name))).toEqual([])
})
