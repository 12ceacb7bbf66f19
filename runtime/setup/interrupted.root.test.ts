import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { freePorts } from '../../test/runner/ports.mjs'
import { kernelNames } from '../installation.ts'
import { readInstallation } from './setup-context.ts'
import { readClaims } from './steps/installation.ts'
import { groupsNamed } from './stop.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const home = `/var/lib/skypanel-cut-${process.pid}`
const [panel, http, https] = await freePorts(3)
const FLAGS = '--driver fake --registry embedded --allow-unlimited --no-command --detach --json'
  .split(' ')
  .concat(`--panel-port ${panel} --http-port ${http} --https-port ${https}`.split(' '))

interface Ended {
  readonly code: number | null
  readonly said: string
  readonly stdout: string
}

/** Runs set-up as `npm start` does; killed in the moment in which it says `until`, when that is given. */
function setup(verb: 'start' | 'uninstall', flags: readonly string[], until?: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const main = `${checkout}/dist/runtime/setup/main.js`
    const argv = [main, verb, '--checkout', checkout, '--home', home, ...flags]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    let stdout = ''
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString()
      if (until !== undefined && said.includes(until)) child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, said, stdout }))
  })
}

async function running(id: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
      return environment
        .split('\0')
        .find((entry) => entry.startsWith(`SKYPANEL_PROCESS=${id}/`))
        ?.split('/')[1]
    }),
  )
  return found.filter((name) => name !== undefined).sort()
}

afterAll(async () => {
  if (existsSync(home)) await setup('uninstall', ['--yes'])
})

test('set-up that was killed anywhere goes on where it stopped, makes nothing twice, and is removed whole', async () => {
  // In the middle of some steps, right after others.
  const moments = [
    '✔ installation',
    '  version: ',
    '✔ database cluster',
    '  database: migrating',
    '✔ processes',
    '✔ server',
    '✔ admin',
  ]
  const met: string[] = []
  for (const moment of moments) {
    const { said, code } = await setup('start', FLAGS, moment)
    // A step that an earlier run finished is not said again; then this run came to the end.
    if (said.includes(moment)) met.push(moment)
    else expect(code, said).toBe(0)
  }
  expect(met.length).toBeGreaterThanOrEqual(4)

  const last = await setup('start', FLAGS)
  expect(last, last.said).toMatchObject({ code: 0 })
  const facts = JSON.parse(last.stdout.trim().split('\n').at(-1) ?? '') as { api: string }
  expect((await fetch(`${facts.api.replace('localhost', '127.0.0.1')}/health`)).status).toBe(200)

  const claims = (await readClaims()).filter((claim) => claim.home === home)
  expect(claims).toHaveLength(1)
  const id = (await readInstallation(home))?.id ?? ''
  expect(claims[0]?.id).toBe(id)
  if (!existsSync('/run/systemd/system')) {
    const names = await running(id)
    expect(names).toEqual([...new Set(names)])
    expect(names).toEqual(expect.arrayContaining(['agent', 'caddy', 'directory', 'postgres', 'server']))
  }

  const removed = await setup('uninstall', ['--yes'])
  expect(removed, removed.said).toMatchObject({ code: 0 })
  expect(existsSync(home)).toBe(false)
  expect(await running(id)).toEqual([])
  expect(await groupsNamed(kernelNames(id).cgroup)).toEqual([])
  expect(await groupsNamed(kernelNames(id).buildCgroup)).toEqual([])
  expect(await readFile('/etc/passwd', 'utf8')).not.toContain(`-${id}`)
  expect((await readClaims()).some((claim) => claim.home === home)).toBe(false)
})
