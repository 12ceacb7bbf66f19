import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { encodeFrame } from '../driver/frames.ts'
import { tryRun } from '../exec.ts'
import { compileNative } from './compile.ts'

let hook: string
let folder: string
const servers: Server[] = []
const REFS = 'a'.repeat(40) + ' ' + 'b'.repeat(40) + ' refs/heads/main\n'

beforeAll(async () => {
  hook = join(
    await compileNative(fileURLToPath(new URL('.', import.meta.url)), join(tmpdir(), 'skypanel-native')),
    'bin',
    'hook',
  )
})
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'skypanel-hook-'))))
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  rmSync(folder, { recursive: true, force: true })
})

const path = () => join(folder, 'hook.sock')

/** A platform that reads the request and then answers. */
async function platform(
  answer: (
    request: { header: { token: string; after: number; options: string[] }; refs: string },
    socket: Socket,
  ) => void,
): Promise<void> {
  const server = createServer((socket) => {
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (data: Buffer) => {
      text += data.toString()
      if (!text.endsWith('\n\n')) return
      const at = text.indexOf('\n')
      answer({ header: JSON.parse(text.slice(0, at)) as never, refs: text.slice(at + 1, -1) }, socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(path(), resolve))
  servers.push(server)
}

const push = (env: Record<string, string> = {}) =>
  tryRun([hook], {
    input: REFS,
    env: { SKYPANEL_HOOK_SOCKET: path(), SKYPANEL_PUSH_TOKEN: 'token"\n', ...env },
  })

test('a push is accepted after nothing but the platform said ok', async () => {
  await platform(({ header, refs }, socket) => {
    expect(header).toMatchObject({ token: 'token"\n', after: 0, options: ['ci.skip', 'a"b'] })
    expect(refs).toBe(REFS)
    socket.write(encodeFrame(1, '-----> Building\n'))
    socket.write(encodeFrame(2, 'a warning\n'))
    socket.end(encodeFrame(3, 'ok'))
  })
  expect(
    await push({ GIT_PUSH_OPTION_COUNT: '2', GIT_PUSH_OPTION_0: 'ci.skip', GIT_PUSH_OPTION_1: 'a"b' }),
  ).toEqual({ code: 0, stdout: '-----> Building\n', stderr: 'a warning\n' })
})

test.each(['no', 'okay', '', 'OK'])('the decision %j rejects a push', async (decision) => {
  await platform((_, socket) => socket.end(encodeFrame(3, decision)))
  expect((await push()).code).toBe(1)
})

test('a platform that comes back goes on where it was', async () => {
  const asked: number[] = []
  await platform(({ header }, socket) => {
    asked.push(header.after)
    if (header.after === 0) {
      socket.write(encodeFrame(1, 'one\n'))
      socket.end(encodeFrame(1, 'two\n').subarray(0, 6))
    } else {
      socket.write(encodeFrame(1, 'two\n'))
      socket.end(encodeFrame(3, 'ok'))
    }
  })
  expect(await push()).toMatchObject({ code: 0, stdout: 'one\ntwo\n' })
  expect(asked).toEqual([0, 1])
})

test('a platform that starts late is waited for, and the pusher is told', async () => {
  const pushed = push()
  await sleep(400)
  await platform((_, socket) => socket.end(encodeFrame(3, 'ok')))
  expect(await pushed).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('waiting for it to come back'),
  })
})
