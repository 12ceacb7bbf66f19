import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { Installation } from '../installation.ts'
import { busyPortMessage, holderIn, isFree } from './busy-port.ts'
import { folders } from './folders.ts'
import { withHostLock } from './host-lock.ts'
import { parseOptions } from './options.ts'
import { productionModules } from './production-modules.ts'
import { launcher } from './steps/command.ts'
import { withOptions } from './steps/installation.ts'
import { caller } from './steps/login.ts'
import { summary } from './summary.ts'

test('two holders of a machine-wide lock never work at once', async () => {
  const log: string[] = []
  const hold = async (name: string) =>
    await withHostLock(
      `test ${process.pid}`,
      () => undefined,
      async () => {
        log.push(`${name} in`)
        await new Promise((resolve) => setTimeout(resolve, 30))
        log.push(`${name} out`)
      },
    )
  await Promise.all([hold('a'), hold('b')])
  expect([log[0]?.slice(2), log[1]?.slice(2), log[2]?.slice(2), log[3]?.slice(2)]).toEqual([
    'in',
    'out',
    'in',
    'out',
  ])
})

test('a lock is free again after its holder threw', async () => {
  const lock = `test throws ${process.pid}`
  await expect(
    withHostLock(
      lock,
      () => undefined,
      () => Promise.reject(new Error('broke')),
    ),
  ).rejects.toThrow('broke')
  expect(
    await withHostLock(
      lock,
      () => undefined,
      () => Promise.resolve('free'),
    ),
  ).toBe('free')
})

test('a busy port is told with who has it and what to type', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  expect(await isFree(port)).toBe(false)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  expect(await isFree(port)).toBe(true)
  const line = 'tcp LISTEN 0 511 127.0.0.1:8080 0.0.0.0:* users:(("nginx",pid=42,fd=6))'
  expect(busyPortMessage('--http-port', 8080, holderIn(line), 8081)).toBe(
    'Port 8080 is in use by nginx (pid 42). Stop it, or choose another: npm start -- --http-port 8081',
  )
})

test('only production modules run in an installed version; nested ones come with their parents', () => {
  const packages = {
    '': {},
    'node_modules/zod': {},
    'node_modules/vitest': { dev: true },
    'node_modules/pg': {},
    'node_modules/pg/node_modules/pg-types': {},
    'node_modules/ours': { link: true },
  }
  expect(productionModules({ packages })).toEqual(['node_modules/pg', 'node_modules/zod'])
})

test('the database and the keys are closed to the users that face the network', () => {
  const byPath = new Map(folders('/h', 'ab12').map((folder) => [folder.path, folder]))
  expect(byPath.get('/h/run/postgres')).toMatchObject({
    owner: 'skypanel-ab12-pg',
    group: 'skypanel-ab12',
    mode: 0o750,
  })
  expect(byPath.get('/h/run/agent')).toMatchObject({ owner: null, group: 'skypanel-ab12', mode: 0o750 })
  expect(byPath.get('/h/git')).toMatchObject({ owner: 'skypanel-ab12', mode: 0o700 })
  for (const { mode } of byPath.values()) expect(mode & 0o022).toBe(0)
})

const stored: Installation = {
  version: 1,
  id: 'ab12',
  home: '/h',
  range: '10.160.0.0/18',
  domain: null,
  ports: {
    panel: 8800,
    http: 8080,
    https: 8443,
    dns: 1,
    directory: 2,
    edge: 3,
    consulHttp: 4,
    consulRpc: 5,
    consulSerf: 6,
  },
  database: { kind: 'private' },
  driver: 'nspawn',
  registry: 'auto',
  allowUnlimited: false,
  supervision: 'direct',
}

test('what is not said again stays; a domain moves apps to the ports of the web', () => {
  expect(withOptions(stored, parseOptions(['start'], {}))).toEqual(stored)
  const open = withOptions(stored, parseOptions(['start', '--domain', 'apps.example.com'], {}))
  expect(open).toMatchObject({ domain: 'apps.example.com', ports: { panel: 8800, http: 80, https: 443 } })
  expect(withOptions(open, parseOptions(['start'], {}))).toEqual(open)
})

test('the command belongs to one installation and says to which', () => {
  expect(launcher('/h/versions/current', '/h').split('\n')).toEqual([
    '#!/bin/sh',
    '# the command line of the SkyPanel installation in /h',
    'exec /h/versions/current/bin/node /h/versions/current/cli/skypanel.cjs "$@"',
    '',
  ])
})

test('whoever typed sudo npm start is logged in, not only root', () => {
  const passwd = 'root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n'
  expect(caller(passwd, { SUDO_USER: 'ann', HOME: '/root' })).toEqual({
    account: { name: 'ann', uid: 1000, gid: 1000 },
    home: '/home/ann',
  })
  expect(caller(passwd, { HOME: '/root' })).toEqual({
    account: { name: 'root', uid: 0, gid: 0 },
    home: '/root',
  })
})

test('the summary ends with three commands, and with a domain says which DNS records to set', () => {
  const facts = {
    api: 'https://panel.apps.example.com/api',
    git: '',
    dashboard: 'https://panel.apps.example.com/',
    adminLink: 'https://panel.apps.example.com/welcome#code',
    routerHttp: '',
    routerHttps: '',
    ca: null,
    email: 'a@b.c',
    tokenFile: '/t',
    home: '/h',
  }
  const lines = summary({
    facts,
    domain: 'apps.example.com',
    httpPort: 80,
    httpsPort: 443,
    command: true,
    sample: null,
    addresses: ['203.0.113.7'],
  })
  expect(lines.join('\n')).toMatch(/\*\.apps\.example\.com\.\s+A\s+203\.0\.113\.7/)
  expect(lines.join('\n')).toContain('https://panel.apps.example.com/welcome#code')
  expect(lines.slice(-4).filter((line) => line.includes('skypanel')).length).toBe(3)
})
