import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compile, compiled } from '../../test/support/compiled.ts'
import { eventually } from '../../test/support/registry-suite.ts'
import { testInstallation } from '../../test/support/router.ts'
import type { LogLine } from '../../server/contract/logs.ts'
import { paths } from '../installation.ts'
import { startLogs } from './start.ts'

const APP = '00000000-0000-7000-8000-0000000000aa'
let home: string
let stops: (() => unknown)[] = []
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'skypanel-logs-'))
  mkdirSync(paths(home).instances, { recursive: true })
})
afterEach(() => {
  for (const stop of stops) stop()
  stops = []
  rmSync(home, { recursive: true, force: true })
})

function instance(id: string, process = 'web.1') {
  const folder = join(paths(home).instances, id, 'log')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'out'), '')
  writeFileSync(join(folder, 'err'), '')
  const say = (ended: boolean) =>
    writeFileSync(join(folder, 'source.json'), JSON.stringify({ app: APP, process, ended }))
  say(false)
  return {
    out: join(folder, 'out'),
    print: (text: string, file = 'out') => appendFileSync(join(folder, file), text),
    end: () => say(true),
    read: () => existsSync(join(paths(home).logs, 'read', id)),
    remove: () => rmSync(dirname(folder), { recursive: true }),
  }
}
async function start(limits?: { total: number; segment: number }) {
  const at = paths(home)
  const said: string[] = []
  const running = await startLogs({
    instances: at.instances,
    logs: at.logs,
    socket: at.logsSocket,
    say: (message) => said.push(message),
    ...(limits === undefined ? {} : { limits }),
  })
  stops.push(() => running.close())
  return { ...running, said }
}
function ask(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath: paths(home).logsSocket, method, path: `/apps/${APP}${path}` },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8').on('data', (part: string) => (text += part))
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }))
        reply.on('error', reject)
      },
    )
    call.on('error', reject)
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
const parse = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine)
const lines = async (query = 'lines=10000') => parse((await ask('GET', `/lines?${query}`)).text)
function follow(query: string) {
  const got: LogLine[] = []
  let rest = ''
  const call = request(
    { socketPath: paths(home).logsSocket, path: `/apps/${APP}/lines?follow=true&${query}` },
    (reply) => {
      reply.setEncoding('utf8').on('data', (part: string) => {
        const all = (rest + part).split('\n')
        rest = all.pop() ?? ''
        for (const line of all) got.push(JSON.parse(line) as LogLine)
      })
      reply.on('error', () => undefined)
    },
  )
  call.on('error', () => undefined)
  call.end()
  stops.push(() => call.destroy())
  return got
}

describe('what instances print', () => {
  test('is followed live, filtered, and comes after what was there before', async () => {
    await start()
    const web = instance('one')
    web.print('first\n')
    await eventually(lines, (seen) => seen.length === 1)
    const all = follow('lines=10')
    const errors = follow('lines=0&process=worker')
    const worker = instance('two', 'worker.1')
    web.print('second\nhalf')
    worker.print('from the worker\n', 'err')
    web.print(' a line\n')
    await eventually(
      () => all.length,
      (count) => count === 4,
    )
    expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    expect(new Set(all.map(({ text }) => text))).toEqual(
      new Set(['first', 'second', 'half a line', 'from the worker']),
    )
    expect(errors.map(({ text, stream, process }) => [text, stream, process])).toEqual([
      ['from the worker', 'stderr', 'worker.1'],
    ])
  })

  test('of an ended instance is stored to its last byte before the agent is told so', async () => {
    await start()
    const web = instance('one')
    web.print('before\n')
    await eventually(lines, (seen) => seen.length === 1)
    web.print('last words')
    web.end()
    await eventually(web.read, (read) => read)
    expect((await lines()).map(({ text }) => text)).toEqual(['before', 'last words'])
    web.remove()
    await eventually(web.read, (read) => !read)
    expect(await lines()).toHaveLength(2)
  })

  test('stands beside what the platform says, and ends when the log is ended', async () => {
    await start()
    instance('one').print('app line\n')
    await eventually(lines, (seen) => seen.length === 1)
    expect(
      (await ask('POST', '/lines', { lines: [{ process: 'api', text: 'Deployed v2\nby somebody' }] })).status,
    ).toBe(201)
    expect(
      (await lines('lines=10&source=skypanel')).map(({ seq, process, text }) => [seq, process, text]),
    ).toEqual([
      [2, 'api', 'Deployed v2'],
      [3, 'api', 'by somebody'],
    ])
    expect((await lines('after=2&lines=0')).map(({ seq }) => seq)).toEqual([3])
    expect((await ask('DELETE', '')).status).toBe(200)
    expect(await lines()).toEqual([])
    expect((await ask('POST', '/lines', { lines: [{ process: 'api', text: 'x' }] })).status).toBe(410)
  })

  test('takes no disk twice: what was stored is given back while the instance goes on', async () => {
    await start()
    const web = instance('one')
    const line = `${'z'.repeat(999)}\n`
    for (let n = 0; n < 24; n += 1) web.print(line.repeat(1000))
    await eventually(
      () => statSync(web.out).blocks * 512,
      (bytes) => bytes < 6_000_000,
    )
    expect(statSync(web.out).size).toBe(24_000_000)
    web.print('and on\n')
    await eventually(
      () => lines('lines=1'),
      (seen) => seen[0]?.text === 'and on',
    )
    expect((await lines('lines=1'))[0]?.seq).toBe(24_001)
  })

  test('a reader that reads nothing costs no memory, and is told what it missed', async () => {
    await start({ total: 3_000_000, segment: 500_000 })
    const web = instance('one')
    web.print('begin\n')
    await eventually(lines, (seen) => seen.length === 1)
    const got: string[] = []
    const call = request({
      socketPath: paths(home).logsSocket,
      path: `/apps/${APP}/lines?follow=true&lines=1`,
    })
    call.end()
    const [reply] = (await once(call, 'response')) as [NodeJS.ReadableStream]
    reply.pause()
    for (let n = 0; n < 20; n += 1) {
      web.print(`${'w'.repeat(999)}\n`.repeat(1000))
      await sleep(30)
    }
    await eventually(
      () => lines('lines=1'),
      (seen) => seen[0]?.seq === 20_001,
    )
    reply.on('data', (part: Buffer) => got.push(part.toString()))
    reply.resume()
    const all = await eventually(
      () =>
        got
          .join('')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as LogLine),
      (seen) => seen.at(-1)?.seq === 20_001,
    )
    call.destroy()
    const told = all.filter(({ process }) => process === 'logs').map(({ text }) => Number(text.split(' ')[0]))
    const texts = all.filter(({ process }) => process !== 'logs')
    expect(told.length).toBeGreaterThan(0)
    expect(texts.length + told.reduce((sum, count) => sum + count, 0)).toBe(20_001)
  })
})

describe('killed at any time', () => {
  test('the logs process has every line once and in order, though it is killed ten times under load', async () => {
    const installation = await testInstallation()
    rmSync(home, { recursive: true, force: true })
    home = installation.home
    const at = paths(home)
    mkdirSync(at.instances, { recursive: true })
    writeFileSync(at.installation, JSON.stringify(installation))
    compile()
    const launch = () =>
      spawn(process.execPath, [compiled('runtime/logs/main.ts'), '--home', home], { stdio: 'ignore' })
    const kill = async (child: ReturnType<typeof launch>) => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    const sources = [instance('one'), instance('two', 'worker.1')]
    let written = 0
    let writing = true
    const writer = (async () => {
      while (writing) {
        for (const [index, source] of sources.entries()) {
          let text = ''
          for (let n = 0; n < 300; n += 1) text += `${index} ${written + n} ${'v'.repeat(n % 90)}\n`
          // Ends within a line, mostly.
          source.print(text.slice(0, 7000))
          source.print(text.slice(7000))
        }
        written += 300
        await sleep(5)
      }
    })()
    for (let round = 0; round < 10; round += 1) {
      const child = launch()
      await sleep(450 + round * 61)
      await kill(child)
    }
    writing = false
    await writer
    const child = launch()
    stops.push(() => child.kill('SIGKILL'))
    for (const source of sources) source.end()
    await eventually(
      () => sources.every(({ read }) => read()),
      (read) => read,
    )
    const reply = await eventually(
      () => ask('GET', '/lines?after=0').catch(() => null),
      (answer) => answer?.status === 200,
    )
    const all = parse(reply?.text ?? '')
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1))
    for (const index of [0, 1]) {
      const own = all
        .filter(({ text }) => text.startsWith(`${index} `))
        .map(({ text }) => Number(text.split(' ')[1]))
      expect(own.length).toBe(written)
      expect(own.every((value, place) => value === place)).toBe(true)
    }
    await kill(child)
  })
})
