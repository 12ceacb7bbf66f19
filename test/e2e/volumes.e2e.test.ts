import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { Volume } from '../../server/contract/volumes.ts'
import { Inside } from '../support/installation.ts'
import { TestPlatform, type TestApp, until } from '../support/platform.ts'

/** Counts its starts in a file of the volume. */
const WEB = `const fs = require('node:fs')
const file = '/app/data/starts'
const starts = Number(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : 0) + 1
fs.writeFileSync(file, String(starts)); fs.fsyncSync(fs.openSync(file))
require('node:http').createServer((_, response) => response.end(String(starts))).listen(process.env.PORT)
`

let platform: TestPlatform
let inside: Inside
let app: TestApp
beforeAll(async () => {
  platform = await TestPlatform.load()
  inside = await Inside.of(platform.facts.home)
  app = await platform.app('worker')
  await app.put({ 'web.js': WEB, Procfile: 'web: node web.js\n' })
  await app.commit('counts its starts')
})
afterAll(async () => {
  await app.forget()
  await inside[Symbol.asyncDispose]()
  await platform[Symbol.asyncDispose]()
})

const ok = async (...args: string[]) => {
  const { code, stdout, stderr } = await app.run(args)
  if (code !== 0) throw new Error(`skypanel ${args.join(' ')}: ${stderr}`)
  return stdout + stderr
}
const scale = async (quantity: number) => {
  await ok('scale', `web=${quantity}`)
  await until(
    `web=${quantity}`,
    async () => (await app.fetch('/')).status,
    (status) => (quantity === 0 ? status !== 200 : status === 200),
  )
  await until(
    'the volume in the hands of nobody else',
    () => app.json(z.array(Volume), 'volumes'),
    ([volume]) => (volume?.attached === null) === (quantity === 0),
  )
}

it('what is written on a volume outlives deploys, stops and the agent; nothing else of it changes', async () => {
  await ok('volumes:create', 'data', '--size', '64MB', '--mount', '/app/data')
  await app.deploy()
  expect(await app.text('/')).toBe('1')
  await scale(0)
  await app.write('note.txt', 'another release')
  await app.deploy()
  await scale(1)
  expect(await app.text('/')).toBe('2')
  await inside.killed('agent')
  expect(await app.text('/')).toBe('2')
  expect(await ok('volumes')).toMatch(/data +64 MB +\/app\/data +web +web\.1/)
})

it('more instances than one are refused with the reason', async () => {
  const { code, stderr } = await app.run(['scale', 'web=2'])
  expect(code).not.toBe(0)
  expect(stderr).toContain('one instance at a time')
})

it('a snapshot is taken while the app runs, and restored when it does not', async () => {
  const said = await ok('volumes:snapshot', 'data')
  const [snapshot = ''] = /\d{8}-\d{6}/.exec(said) ?? []
  expect(await app.text('/')).toBe('2')
  const refused = await app.run(['volumes:restore', 'data', snapshot, '--confirm', 'data'])
  expect(refused.stderr).toContain('web.1 has the volume')
  await scale(0)
  await scale(1)
  expect(await app.text('/')).toBe('3')
  await scale(0)
  await ok('volumes:restore', 'data', snapshot, '--confirm', 'data')
  await ok('volumes:grow', 'data', '--size', '96MB')
  await scale(1)
  expect(await app.text('/')).toBe('3')
})

it('one that the disk is too short for is refused with the numbers, one in use is not destroyed', async () => {
  const short = await app.run(['volumes:create', 'huge', '--size', '9TB', '--mount', '/app/huge'])
  expect(short.stderr).toMatch(/needs 9437184 MB; the node has \d+ MB free/)
  const used = await app.run(['volumes:destroy', 'data', '--confirm', 'data'])
  expect(used.stderr).toContain('web.1 has the volume')
  await scale(0)
  await ok('volumes:destroy', 'data', '--confirm', 'data')
  expect(await app.json(z.array(Volume), 'volumes')).toEqual([])
})
