import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Registries } from '../../buildpacks/registries.ts'
import { TestPlatform, type TestApp } from '../support/platform.ts'

let platform: TestPlatform
let app: TestApp
let other: TestApp
beforeAll(async () => {
  platform = await TestPlatform.load()
  app = await platform.app('express')
  await app.deploy()
  other = await platform.app('express')
  await other.deploy()
})
afterAll(async () => {
  await app.forget()
  await other.forget()
  await platform[Symbol.asyncDispose]()
})

/** Runs a script of Node inside an instance of the app; it prints one JSON document. */
async function inside<T>(schema: z.ZodType<T>, script: string): Promise<T> {
  const { code, stdout, stderr } = await app.run(['run', 'node', '-e', script])
  if (code !== 0) throw new Error(`the script ended with ${code}: ${stderr}`)
  return schema.parse(JSON.parse(stdout))
}

/** Which of these `host:port` accept a connection from inside, within two seconds. */
const reachable = (targets: readonly string[]) =>
  inside(
    z.array(z.string()),
    `const net = require('node:net')
     const targets = ${JSON.stringify(targets)}
     const dial = (target) => new Promise((resolve) => {
       const at = target.lastIndexOf(':')
       const socket = net.connect({ host: target.slice(0, at), port: Number(target.slice(at + 1)) })
       const end = (answer) => { socket.destroy(); resolve(answer) }
       socket.setTimeout(2000, () => end(null))
       socket.on('connect', () => end(target))
       socket.on('error', () => end(null))
     })
     Promise.all(targets.map(dial)).then((all) => console.log(JSON.stringify(all.filter(Boolean))))`,
  )

describe('from inside an instance', () => {
  it('no service of the host is reached, by any address of the host', async () => {
    const gateway = await inside(
      z.string(),
      `const fs = require('node:fs')
       const line = fs.readFileSync('/proc/net/route', 'utf8').split('\\n').find((row) => row.split('\\t')[1] === '00000000')
       const hex = line.split('\\t')[2]
       console.log(JSON.stringify([6, 4, 2, 0].map((at) => parseInt(hex.slice(at, at + 2), 16)).join('.')))`,
    )
    const ports = [platform.facts.api, platform.facts.routerHttp, platform.facts.routerHttps].map(
      (url) => new URL(url).port,
    )
    const targets = [...ports, '22', '111', '2019', '5432', '8300', '8500'].flatMap((port) => [
      `${gateway}:${port}`,
      `127.0.0.1:${port}`,
    ])
    expect(await reachable(targets)).toEqual([])
  })

  it('no metadata address of a cloud is reached', async () => {
    expect(
      await reachable([
        '169.254.169.254:80',
        '169.254.170.2:80',
        '100.100.100.200:80',
        '168.63.129.16:80',
        '192.0.0.192:80',
      ]),
    ).toEqual([])
  })

  it('no other app is reached but through the router', async () => {
    // The neighbours live in the same range: every address near the own one is dialled at the port of apps.
    const own = await inside(
      z.string(),
      `const all = Object.values(require('node:os').networkInterfaces()).flat()
       console.log(JSON.stringify(all.find((one) => !one.internal && one.family === 'IPv4').address))`,
    )
    const [a, b, c, d] = own.split('.').map(Number)
    const near = Array.from({ length: 64 }, (_, at) => ((d ?? 0) & ~63) + at).filter((last) => last !== d)
    const web = await inside(
      z.array(z.string()),
      `require('node:dns').promises.resolve4('web.${app.name}.internal').then((all) => console.log(JSON.stringify(all)))`,
    )
    expect(web).toHaveLength(1)
    // Its own processes are the app's own network.
    const met = await reachable(near.map((last) => `${a}.${b}.${c}.${last}:5000`))
    expect(met.filter((one) => !web.includes(one.split(':')[0] ?? ''))).toEqual([])
  })

  it('no other process is seen, and no power is held', async () => {
    const seen = await inside(
      z.object({ commands: z.array(z.string()), capabilities: z.string(), uid: z.number() }),
      `const fs = require('node:fs')
       const commands = fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
         .map((pid) => { try { return fs.readFileSync('/proc/' + pid + '/comm', 'utf8').trim() } catch { return '' } })
       const capabilities = /CapEff:\\t(.*)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]
       console.log(JSON.stringify({ commands, capabilities, uid: process.getuid() }))`,
    )
    expect(
      seen.commands.filter((name) => /postgres|caddy|consul|gunicorn|systemd-nspawn|sshd/.test(name)),
    ).toEqual([])
    expect(seen.commands.length).toBeLessThan(10)
    expect(seen.capabilities).toMatch(/^0+$/)
    expect(seen.uid).not.toBe(0)
  })

  it('the root is read-only, /app is its own, and only its own store paths are there', async () => {
    const found = await inside(
      z.object({ root: z.string(), app: z.string(), store: z.number(), secrets: z.array(z.string()) }),
      `const fs = require('node:fs')
       const attempt = (file) => { try { fs.writeFileSync(file, 'x'); return 'written' } catch (error) { return error.code } }
       const list = (folder) => { try { return fs.readdirSync(folder) } catch { return [] } }
       const secrets = ['/root', ${JSON.stringify(platform.facts.home)}].flatMap(list)
       console.log(JSON.stringify({ root: attempt('/etc/x'), app: attempt('/app/x'), store: list('/nix/store').length, secrets }))`,
    )
    expect(['EROFS', 'EACCES', 'EPERM']).toContain(found.root)
    expect(found.app).toBe('written')
    expect(found.store).toBeLessThan(50)
    expect(found.secrets).toEqual([])
    // What one instance wrote is not there in the next.
    expect((await app.run(['run', 'test -e /app/x'])).code).toBe(1)
  })

  it('ps:exec is inside of the very instance that serves, as confined as that', async () => {
    const script = `const fs = require('node:fs')
      const status = fs.readFileSync('/proc/self/status', 'utf8')
      const kept = [/CapBnd:\\t(.*)/, /NoNewPrivs:\\t(.*)/, /Seccomp:\\t(.*)/].map((line) => line.exec(status)[1])
      console.log(JSON.stringify([process.env.DYNO, process.cwd(), process.getuid() > 0, ...kept]))
      process.exit(3)`
    const { code, stdout } = await app.run(['ps:exec', 'web.1', '--', 'node', '-e', script])
    expect({ code, facts: JSON.parse(stdout) as unknown }).toEqual({
      code: 3,
      facts: ['web.1', '/app', true, '0000000000000000', '1', '2'],
    })
  })

  it('whom the machine trusts is trusted, the authorities of its operator included', async () => {
    const { caBundle } = Registries.parse(
      JSON.parse(await readFile(join(platform.facts.home, 'registries.json'), 'utf8')),
    )
    const { code, stdout, stderr } = await app.run(['run', 'cat /etc/ssl/certs/ca-certificates.crt'])
    expect(code, stderr).toBe(0)
    expect(stdout).toBe(await readFile(caBundle, 'utf8'))
  })

  it('a fork bomb and a memory hog end alone', async () => {
    const hog = await app.run([
      'run',
      'node',
      '-e',
      'const all = []; for (;;) all.push(Buffer.alloc(1 << 26, 1))',
    ])
    expect(hog.code).not.toBe(0)
    expect(hog.stderr).toMatch(/memory/i)
    await app.run(['run', 'sh', '-c', 'for i in $(seq 2000); do sleep 5 & done 2>/dev/null; wait; exit 9'])
    expect(await app.text('/version')).toBe('one')
    expect(await other.text('/version')).toBe('one')
  })
})
