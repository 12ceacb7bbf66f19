import { expect, test } from 'vitest'
import { ExecError, run, start, tryRun } from './exec.ts'

test('a program gets its arguments as they are, whatever stands in them', async () => {
  expect(await run(['printf', '%s|', '$(id)', "a'b", 'c\nd'])).toBe("$(id)|a'b|c\nd|")
})

test('nothing of our own environment reaches a program', async () => {
  process.env['SKYPANEL_SECRET'] = 'x'
  expect(await run(['env'], { env: { ONLY: '1' } })).not.toContain('SKYPANEL_SECRET')
})

test('a failing program is told with its status and its last words', async () => {
  const failed = run(['sh', '-c', 'echo broken >&2; exit 3'])
  await expect(failed).rejects.toThrow(ExecError)
  await expect(failed).rejects.toThrow(/status 3: broken/)
  expect((await tryRun(['sh', '-c', 'exit 4'])).code).toBe(4)
})

test('a program that is not there is an error with its name', async () => {
  await expect(run(['/nowhere/tool'])).rejects.toThrow('/nowhere/tool')
  await expect(start({ argv: ['/nowhere/tool'], env: {}, stdio: 'ignore' })).rejects.toThrow('/nowhere/tool')
})

test('a program that hangs is ended after its time', async () => {
  expect((await tryRun(['sleep', '60'], { timeout: 100 })).code).toBeNull()
})
