import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { RunFrame } from '../../server/contract/runs.ts'
import {
  agentForEachTest,
  call,
  replaceAgent,
  socketPath,
  spec,
  until,
} from '../../test/support/fake-agent.ts'
import { encodeFrame, frameDecoder } from '../driver/frames.ts'

agentForEachTest()

/** Joins a command as the server does: what came back, or why it was refused. */
function join(
  path: string,
  type?: number,
  text = '',
): Promise<{ status: number; frames: [number, string][] }> {
  return new Promise((resolve, reject) => {
    const frames: [number, string][] = []
    const headers = { connection: 'Upgrade', upgrade: 'skypanel-run' }
    const sent = request({ socketPath: socketPath(), path, headers })
    sent.on('error', reject)
    sent.on('response', (response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0, frames })
    })
    sent.on('upgrade', (_, socket, head: Buffer) => {
      const decode = frameDecoder((kind, payload) => frames.push([kind, payload.toString()]))
      socket.on('data', decode).on('end', () => resolve({ status: 101, frames }))
      decode(head)
      if (type !== undefined) socket.write(encodeFrame(type, text))
      if (type === RunFrame.stdin) setTimeout(() => socket.write(encodeFrame(RunFrame.stdinEnd)), 50)
    })
    sent.end()
  })
}

async function started(command = 'fake'): Promise<string> {
  const instance = spec(command, { env: { COLOUR: 'red' } })
  await call('start', { epoch: 1, instance })
  await until(instance.id, 'ready')
  return instance.id
}

async function ordered(instance: string, command: string | null): Promise<string> {
  const { status, body } = await call('exec', { epoch: 1, instance, command, env: { SIZE: 'L' }, pty: null })
  expect(status).toBe(200)
  return `/v1/exec/${instance}/${(body as { exec: string }).exec}`
}

test('a command inside of a running instance is joined, and its end is the last frame', async () => {
  const id = await started()
  const path = await ordered(id, 'fake print-env=COLOUR print-env=SIZE exit=4')
  expect((await join(path)).frames).toEqual([
    [RunFrame.stdout, '"red"\n'],
    [RunFrame.stdout, '"L"\n'],
    [RunFrame.exit, '{"code":4}'],
  ])
  const shell = await join(await ordered(id, null), RunFrame.stdin, 'typed')
  expect(shell.frames).toEqual([
    [RunFrame.stdout, 'typed'],
    [RunFrame.exit, '{"code":0}'],
  ])
  const signalled = await join(await ordered(id, 'fake echo'), RunFrame.signal, 'SIGINT')
  expect(signalled.frames).toEqual([[RunFrame.exit, '{"signal":"SIGINT"}']])
})

test('a command is joined once, at its own instance, and not by its id alone', async () => {
  const [id, other] = [await started(), await started()]
  const path = await ordered(id, 'fake exit=0')
  expect((await join(path.replace(id, other))).status).toBe(404)
  expect((await join(`/v1/exec/${id}/${randomUUID()}`)).status).toBe(404)
  expect((await join(path)).status).toBe(101)
  expect((await join(path)).status).toBe(404)
})

test('a command ends with its instance, and says so', async () => {
  const id = await started()
  const joined = join(await ordered(id, 'fake echo'))
  await call('kill', { epoch: 1, instance: id })
  expect((await joined).frames).toEqual([
    [RunFrame.exit, JSON.stringify({ signal: 'SIGKILL', reason: 'web.1 has ended.' })],
  ])
  await until(id, 'exited')
  expect(await call('exec', { epoch: 1, instance: id, command: null, env: {}, pty: null })).toMatchObject({
    status: 404,
    body: { id: 'unknown_instance' },
  })
})

test('only the server that leads has a command run, also by an agent that took over', async () => {
  const id = await started()
  await call('lead', { epoch: 7 })
  await replaceAgent()
  const order = { instance: id, command: 'fake print=hello exit=0', env: {}, pty: null }
  expect(await call('exec', { ...order, epoch: 6 })).toMatchObject({
    status: 409,
    body: { id: 'stale_epoch' },
  })
  const { body } = await call('exec', { ...order, epoch: 7 })
  expect((await join(`/v1/exec/${id}/${(body as { exec: string }).exec}`)).frames[0]).toEqual([
    RunFrame.stdout,
    'hello\n',
  ])
})
