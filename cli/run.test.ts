import type { Socket } from 'node:net'
import { beforeEach, expect, it } from 'vitest'
import { RunFrame, runEndpoints } from '../server/contract/runs.ts'
import { uuid } from '../test/support/api-samples.ts'
import type { ApiServer } from '../test/support/api-server.ts'
import type { CliBench } from '../test/support/cli.ts'
import { inCliWorlds } from '../test/support/cli-world.ts'
import { encodeFrame, type Frame, FrameReader } from './commands/run/frames.ts'

let api: ApiServer
let bench: CliBench
inCliWorlds({ SKYPANEL_TOKEN: 'good', SKYPANEL_APP: 'shop' }, (world) => ({ api, bench } = world))
beforeEach(() => {
  api.on(runEndpoints.create, ({ body }) => ({
    id: uuid(7),
    name: 'run.7',
    command: body.command,
    attach_path: body.attach ? `/api/apps/shop/runs/${uuid(7)}/attach` : null,
  }))
})

/** The other end of an attached run: told of each frame, it answers with frames. */
function remote(
  answer: (frame: Frame, send: (type: number, text: string) => void, socket: Socket) => void,
  hello = '',
): void {
  api.upgrade = (request, socket) => {
    expect(request.headers.authorization).toBe('Bearer good')
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: skypanel-run\r\n\r\n')
    const send = (type: number, text: string) => void socket.write(encodeFrame(type, Buffer.from(text)))
    if (hello !== '') send(RunFrame.stdout, hello)
    const reader = new FrameReader()
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      for (const frame of reader.push(chunk)) answer(frame, send, socket)
    })
  }
}

it('passes stdin, stdout, stderr and the exit code through', async () => {
  let got = ''
  remote((frame, send) => {
    if (frame.type === RunFrame.stdin) got += frame.payload.toString()
    if (frame.type !== RunFrame.stdinEnd) return
    send(RunFrame.stdout, got.toUpperCase())
    send(RunFrame.stderr, 'a warning\n')
    send(RunFrame.exit, '{"code":3}')
  })
  expect(await bench.run(['run', 'tr', 'a-z', 'A-Z'], { input: 'hello\n' })).toEqual({
    code: 3,
    stdout: 'HELLO\n',
    stderr: 'a warning\n',
  })
  expect(api.calls[0]?.body).toEqual({ command: 'tr a-z A-Z', attach: true, pty: null, env: {} })
})

it('leaves the options of what is run alone', async () => {
  remote((_frame, send) => send(RunFrame.exit, '{"code":0}'))
  await bench.run(['run', '--app', 'other', '-e', 'A=1;B=2', 'node', '--version', '-a', 'x'])
  expect(api.calls[0]).toMatchObject({
    path: '/api/apps/other/runs',
    body: { command: 'node --version -a x', env: { A: '1', B: '2' } },
  })
})

it('gives a large output whole', async () => {
  remote((frame, send) => {
    if (frame.type !== RunFrame.stdinEnd) return
    for (let n = 0; n < 64; n += 1) send(RunFrame.stdout, 'x'.repeat(65_536))
    send(RunFrame.exit, '{"code":0}')
  })
  const { code, stdout } = await bench.run(['run', 'cat'])
  expect({ code, length: stdout.length }).toEqual({ code: 0, length: 64 * 65_536 })
})

it('tells why an instance was killed, and exits as a shell would', async () => {
  remote((_frame, send) =>
    send(RunFrame.exit, '{"signal":"SIGKILL","reason":"Killed: used more than 512 MB of memory"}'),
  )
  const { code, stderr } = await bench.run(['run', 'eat'])
  expect({ code, stderr }).toEqual({ code: 137, stderr: ' ▸    Killed: used more than 512 MB of memory\n' })
})

it('sends signals on instead of dying of them', async () => {
  remote((frame, send) => {
    if (frame.type !== RunFrame.signal) return
    send(RunFrame.stdout, `got ${frame.payload.toString()}\n`)
    send(RunFrame.exit, '{"code":0}')
  }, 'ready\n')
  const { code, stdout } = await bench.run(['run', 'sleep', '100'], {
    onStdout: (text, child) => {
      if (text === 'ready\n') child.kill('SIGINT')
    },
  })
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'ready\ngot SIGINT\n' })
})

it('says that the connection was lost, and that the instance may go on', async () => {
  remote((_frame, _send, socket) => socket.destroy(), 'begun\n')
  const { code, stdout, stderr } = await bench.run(['run', 'long'])
  expect({ code, stdout }).toEqual({ code: 69, stdout: 'begun\n' })
  expect(stderr).toContain('The connection to run.7 was lost; it may still be running.')
})

it('has a terminal of the size of this one where there is one', async () => {
  let typed = ''
  remote((frame, send) => {
    if (frame.type !== RunFrame.stdin) return
    typed += frame.payload.toString()
    // Raw: Ctrl-C is a byte for the other side, not a signal here.
    if (typed.includes('\u0003')) send(RunFrame.exit, '{"code":0}')
  }, 'prompt> ')
  let answered = false
  const { code } = await bench.runOnTerminal(['run', 'bash'], {
    onStdout: (text, child) => {
      if (answered || !text.includes('prompt> ')) return
      answered = true
      child.write('ls\u0003')
    },
  })
  expect({ code, typed }).toEqual({ code: 0, typed: 'ls\u0003' })
  expect(api.calls[0]?.body).toMatchObject({ pty: { rows: 24, columns: 80 }, env: { TERM: 'xterm' } })
})

it('runs detached without attaching', async () => {
  const { code, stdout, stderr } = await bench.run(['run', '--detached', 'import | tee log'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'run.7\n' })
  expect(stderr).toContain('skypanel logs --app shop --process run.7 --tail')
  expect((await bench.run(['run:detached', '--json', 'x'])).stdout).toContain('"name": "run.7"')
})
