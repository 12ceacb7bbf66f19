import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AgentCells } from '../../test/support/agent-cells.ts'
import { type NixBench, stepsPlan } from '../../test/support/nix-engine.ts'
import { CANARY, openStrangerWorld, type StrangerWorld } from '../../test/support/stranger-world.ts'
import { type Built, buildOnce, planOf } from '../engine-conformance.ts'
import { planFolder } from '../plan-folder.ts'
import type { BuildPlan } from '../plan.ts'
import type { NixEngine } from './engine.ts'
import { physical } from './store.ts'

const LIMITS = { memoryMb: 512, cpuMilli: 2000, pids: 120, diskMb: 200, seconds: 60 }

let world: StrangerWorld
let bench: NixBench
let agent: AgentCells
let engine: NixEngine
let canary: string
let port = 0

/** The engine with the cells of an agent: nothing here runs with less than what a stranger's push runs with. */
beforeAll(async () => {
  world = await openStrangerWorld('e513', '10.221.64.0/18')
  ;({ bench, agent, engine, canary, port } = world)
})
afterAll(() => world?.close())

const hostile = (commands: string[], change: Partial<BuildPlan['steps'][number]> = {}) =>
  planOf(commands, { name: 'install', network: true, ...change })
const withInstall = (plan: BuildPlan): BuildPlan => ({
  ...plan,
  release: { ...plan.release, include: [{ step: 'install', paths: ['.'] }] },
})

async function push(
  commands: string[],
  given: { app?: string; change?: Partial<BuildPlan['steps'][number]>; limits?: Partial<typeof LIMITS> } = {},
): Promise<Built & { read: (path: string) => string }> {
  const plan = withInstall(hostile(commands, given.change))
  const caches = Object.fromEntries(
    (given.change?.caches ?? []).map((name) => [name, { dir: `/cache/${name}`, scope: 'app' as const }]),
  )
  const built = await buildOnce(
    engine,
    bench.source({}),
    { ...plan, caches },
    {
      limits: { ...LIMITS, ...given.limits },
      ...(given.app === undefined ? {} : { app: given.app }),
    },
  )
  const read = (path: string) => {
    if (!built.outcome.ok) throw new Error(`${built.outcome.message}\n${built.lines.join('\n')}`)
    return readFileSync(physical(bench.home.store, `${built.outcome.artifact.layers[0]}/app/${path}`), 'utf8')
  }
  return { ...built, read }
}

async function nothingLeft(): Promise<void> {
  expect(await bench.leftovers()).toEqual([])
  expect(agent.leftovers()).toEqual([])
}

describe('a script of a dependency', () => {
  test('that forks for ever reaches the limit of its build, and ends with it', async () => {
    const marker = `77${process.pid}`
    const { outcome, lines } = await push([`while :; do sleep ${marker} & done`], { limits: { seconds: 8 } })
    expect(outcome).toMatchObject({ ok: false, code: 'build_failed' })
    if (!outcome.ok) expect(`${outcome.message}\n${lines.join('\n')}`).toMatch(/fork|longer than 8 seconds/)
    expect(
      execFileSync('sh', ['-c', `pgrep -fc "[s]leep ${marker}" || true`], { encoding: 'utf8' }).trim(),
    ).toBe('0')
    await nothingLeft()
  })

  test('that takes all memory is killed alone, and the build says so', async () => {
    const { outcome } = await push(["python3 -c 'all = []\nwhile True: all.append(bytearray(1 << 24))'"])
    expect(outcome).toMatchObject({
      ok: false,
      message: expect.stringContaining('more than 512 MB of memory'),
    })
    await nothingLeft()
  })

  test.each([
    ['its output', 'for i in 1 2 3 4 5 6; do head -c 100M /dev/zero > big$i; sleep 1; done; sleep 30', []],
    [
      'temporary files',
      'for i in 1 2 3 4 5 6; do head -c 100M /dev/zero > /tmp/big$i; sleep 1; done; sleep 30',
      [],
    ],
    [
      "its app's cache",
      'for i in 1 2 3 4 5 6; do head -c 100M /dev/zero > /cache/pile/big$i; sleep 1; done; sleep 30',
      ['pile'],
    ],
  ])(
    'that fills the disk by %s is ended with its limit, and the space is free again',
    async (_, command, caches) => {
      const app = `conformance-fills-${process.pid}`
      const { outcome } = await push([command], { app, change: { caches } })
      expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining('the limit is 200 MB') })
      expect(await engine.caches(app)).toEqual([])
      await nothingLeft()
    },
  )

  test('that reads the machine finds the stack and nothing else', async () => {
    const { read } = await push([
      `cat ${canary}/secret /proc/1/root${canary}/secret /etc/shadow /root/.ssh/* 2>/dev/null > found || :`,
      // Not to find the script that searches.
      `grep -rlE '${CANARY.replace('machine', '[m]achine')}' /tmp /home /run /var /etc /opt /proc/*/environ 2>/dev/null >> found || :`,
      'cat /proc/*/comm 2>/dev/null > commands; ls /sys/fs/cgroup 2>/dev/null > groups || :',
      'for try in "mknod disk b 254 0" "mount -t tmpfs x /tmp" "unshare -U true"; do $try 2> /dev/null || echo refused >> refused; done',
    ])
    expect(read('found')).toBe('')
    expect(read('commands')).not.toMatch(/vitest|node|postgres|caddy|nix/)
    expect(read('groups')).toBe('')
    expect(read('refused').trim().split('\n')).toHaveLength(3)
  })

  test('that asks the metadata address, the machine, its loopback or private networks gets no answer', async () => {
    const own = [`http://${agent.gateway}:${port}/`, `http://127.0.0.1:${port}/`, `http://localhost:${port}/`]
    const addresses = execFileSync('hostname', ['-I'], { encoding: 'utf8' }).trim().split(/\s+/)
    const others = addresses.filter((one) => !one.includes(':')).map((one) => `http://${one}:${port}/`)
    const targets = [
      'http://169.254.169.254/latest/meta-data/',
      'http://[fd00:ec2::254]/',
      'http://10.0.0.1/',
      'http://192.168.0.1/',
      ...own,
      ...others,
    ]
    const asks = targets.map((url) => `curl -gs --max-time 2 '${url}' >> answers || echo refused >> refused`)
    const { read } = await push([': > answers', ...asks])
    expect(read('answers')).toBe('')
    expect(read('refused').trim().split('\n')).toHaveLength(targets.length)
  })

  test('that listens is not reached from the machine, and stops listening with its build', async () => {
    const listens = `python3 -c 'import http.server, threading, time
server = http.server.HTTPServer(("0.0.0.0", 21377), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("listening", flush=True)
time.sleep(4)'`
    let answered: Promise<boolean> | null = null
    const plan = withInstall(hostile([listens]))
    const { outcome } = await buildOnce(engine, bench.source({}), plan, {
      limits: LIMITS,
      onLine: (line) => {
        if (line.includes('listening') && !line.includes('python3'))
          answered = fetch('http://127.0.0.1:21377/', { signal: AbortSignal.timeout(1500) }).then(
            () => true,
            () => false,
          )
      },
    })
    expect(outcome.ok).toBe(true)
    expect(await (answered as Promise<boolean> | null)).toBe(false)
    await nothingLeft()
  })

  test('that unpacks an archive with paths that climb out writes into its own box alone', async () => {
    const victim = join(tmpdir(), `skypanel-climbed-${process.pid}`)
    const { read } = await push([
      `python3 - <<'PYTHON'
import io, tarfile
with tarfile.open('/tmp/evil.tar', 'w') as archive:
    for name in ('../../../../../..${victim}', '${victim}', '../../nix/store/evil'):
        info = tarfile.TarInfo(name); info.size = 4
        archive.addfile(info, io.BytesIO(b'evil'))
PYTHON`,
      'tar -P -xf /tmp/evil.tar 2> refused || :; ls -A /app > own',
    ])
    expect(existsSync(victim)).toBe(false)
    expect(existsSync(physical(bench.home.store, '/nix/store/evil'))).toBe(false)
    expect(read('own')).toContain('refused')
  })

  test('that links its output to files of the machine ships the links, never what they lead to', async () => {
    const { outcome } = await push([
      `ln -s ${canary}/secret stolen; ln -s /etc/shadow shadow; ln -s ../../../../../../.. root`,
    ])
    if (!outcome.ok) throw new Error(outcome.message)
    const layer = physical(bench.home.store, `${outcome.artifact.layers[0]}/app`)
    for (const name of ['stolen', 'shadow', 'root'])
      expect(lstatSync(join(layer, name)).isSymbolicLink()).toBe(true)
    expect(existsSync(join(layer, 'salt'))).toBe(true)
  })
})

describe('a repository', () => {
  test('with links out of its tree is built without what they lead to', async () => {
    const source = bench.source({ 'app.js': 'x' })
    symlinkSync(join(canary, 'secret'), join(source, 'app/stolen'))
    symlinkSync(canary, join(source, 'app/folder'))
    symlinkSync('../../../../../../../../etc', join(source, 'app/etc'))
    const plan = withInstall(
      hostile(
        ['cat stolen folder/secret > taken 2>/dev/null || :; cat etc/hostname > name 2>/dev/null || :'],
        {
          network: false,
        },
      ),
    )
    const { outcome } = await buildOnce(engine, source, plan, { limits: LIMITS })
    if (!outcome.ok) throw new Error(outcome.message)
    const layer = physical(bench.home.store, `${outcome.artifact.layers[0]}/app`)
    expect(readFileSync(join(layer, 'taken'), 'utf8')).toBe('')
    expect(lstatSync(join(layer, 'stolen')).isSymbolicLink()).toBe(true)
    expect(lstatSync(join(layer, 'folder')).isSymbolicLink()).toBe(true)
  })

  test('whose links stand where its dependencies go makes nothing through them', async () => {
    const victim = join(tmpdir(), `skypanel-through-${process.pid}`)
    execFileSync('install', ['-d', '-m', '777', victim])
    try {
      const source = bench.source({ 'app.js': 'x' })
      symlinkSync(victim, join(source, 'app/node_modules'))
      const plan = stepsPlan(
        {
          name: 'install',
          inputs: { files: ['salt'] },
          outputs: ['node_modules'],
          commands: ['mkdir -p node_modules/a/lib; echo one > node_modules/a/index.js'],
        },
        { name: 'build', needs: ['install'], network: true, commands: ['ls -la node_modules > seen || :'] },
      )
      const { outcome } = await buildOnce(engine, source, plan, { limits: LIMITS })
      if (!outcome.ok) throw new Error(outcome.message)
      expect(readdirSync(victim)).toEqual([])
      const layer = physical(bench.home.store, `${outcome.artifact.layers[0]}/app`)
      expect(lstatSync(join(layer, 'node_modules')).isSymbolicLink()).toBe(true)
    } finally {
      rmSync(victim, { recursive: true, force: true })
    }
  })

  const planned = (files: Record<string, string>) =>
    planFolder(join(bench.source(files), 'app'), {
      builder: 'test',
      inventories: null,
      versions: 'open',
      now: 0,
    })

  test('with a package.json of 50 MB is refused or planned within a second, in words', async () => {
    const huge = JSON.stringify({ name: 'x', main: 'a.js', padding: 'y'.repeat(50 << 20) })
    const begun = process.cpuUsage()
    const result = await planned({ 'package.json': huge, 'a.js': '' })
    const { user, system } = process.cpuUsage(begun)
    expect((user + system) / 1e6).toBeLessThan(1)
    if (result.ok) return
    expect(result.message).toMatch(/package\.json/)
    expect(result.message.length).toBeLessThan(500)
  })

  test('whose lock file points at folders of the machine installs nothing from there', async () => {
    const lock = {
      name: 'x',
      lockfileVersion: 3,
      packages: {
        '': { name: 'x', dependencies: { stolen: 'file:../../../../../../etc', tmp: `file:${canary}` } },
        'node_modules/stolen': { resolved: '../../../../../../etc', link: true },
        'node_modules/tmp': { resolved: canary, link: true },
      },
    }
    const plan = withInstall(
      hostile(
        [
          'mkdir -p node_modules; ln -s ../../../../../../etc node_modules/stolen',
          `ln -s ${canary} node_modules/tmp; cat node_modules/tmp/secret > seen 2>/dev/null || :; cat node_modules/stolen/shadow >> seen 2>/dev/null || :`,
        ],
        { inputs: { files: ['package.json', 'package-lock.json', '../../../etc/passwd', canary] } },
      ),
    )
    const source = bench.source({ 'package.json': '{"name":"x"}', 'package-lock.json': JSON.stringify(lock) })
    const { outcome } = await buildOnce(engine, source, plan, { limits: LIMITS })
    if (!outcome.ok) throw new Error(outcome.message)
    const layer = physical(bench.home.store, `${outcome.artifact.layers[0]}/app`)
    expect(readFileSync(join(layer, 'seen'), 'utf8')).toBe('')
    expect(readdirSync(layer).sort()).toEqual(['node_modules', 'package-lock.json', 'package.json', 'seen'])
  })
})
