import { beforeEach, expect, it } from 'vitest'
import { formationEndpoints } from '../server/contract/formation.ts'
import { RunFrame, runEndpoints } from '../server/contract/runs.ts'
import { sampleInstance, uuid } from '../test/support/api-samples.ts'
import type { ApiServer } from '../test/support/api-server.ts'
import type { CliBench } from '../test/support/cli.ts'
import { inCliWorlds } from '../test/support/cli-world.ts'
import { encodeFrame } from './commands/run/frames.ts'

let api: ApiServer
let bench: CliBench
inCliWorlds({ SKYPANEL_TOKEN: 'good', SKYPANEL_APP: 'shop' }, (world) => ({ api, bench } = world))
beforeEach(() => {
  api.on(formationEndpoints.instances, () => [
    sampleInstance('worker.1'),
    sampleInstance('web.10'),
    sampleInstance('web.2'),
    sampleInstance('web.1', { state: 'crashed' }),
  ])
  api.on(runEndpoints.exec, ({ params }) => ({
    id: uuid(8),
    instance: params.instance,
    attach_path: `/apps/shop/instances/${uuid(6)}/exec/${uuid(8)}/attach`,
  }))
  api.upgrade = (request, socket) => {
    expect(request.url).toBe(`/api/apps/shop/instances/${uuid(6)}/exec/${uuid(8)}/attach`)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: skypanel-run\r\n\r\n')
    socket.write(encodeFrame(RunFrame.stdout, Buffer.from('inside\n')))
    socket.write(encodeFrame(RunFrame.exit, Buffer.from('{"code":3}')))
  }
})

const orders = () => api.calls.filter(({ method }) => method === 'POST')

it('runs a command in the instance that is named, and exits as it did', async () => {
  expect(await bench.run(['ps:exec', 'worker.1', '--', 'ls', '-l', 'a b'])).toEqual({
    code: 3,
    stdout: 'inside\n',
    stderr: '',
  })
  await bench.run(['ps:exec', '-d', 'web.2', 'env | sort'])
  expect(orders()).toMatchObject([
    {
      path: '/api/apps/shop/instances/worker.1/exec',
      body: { command: "ls -l 'a b'", pty: null, env: {} },
    },
    { path: '/api/apps/shop/instances/web.2/exec', body: { command: 'env | sort' } },
  ])
})

it('opens a shell in the first web instance that is up where nothing is said', async () => {
  await bench.run(['ps', 'exec'])
  await bench.run(['ps:exec', '--', 'uptime'])
  expect(orders()).toMatchObject([
    { path: '/api/apps/shop/instances/web.2/exec', body: { command: null } },
    { path: '/api/apps/shop/instances/web.2/exec', body: { command: 'uptime' } },
  ])
})

it('says what to do where nothing is up', async () => {
  api.on(formationEndpoints.instances, () => [sampleInstance('web.1', { state: 'crashed' })])
  const { code, stderr } = await bench.run(['ps:exec'])
  expect(code).toBe(1)
  expect(stderr).toContain('shop has no instance that is up.')
  expect(stderr).toContain('skypanel run bash')
})
