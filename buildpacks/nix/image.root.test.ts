import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AgentCells } from '../../test/support/agent-cells.ts'
import { openImageInstances } from '../../test/support/image-instance.ts'
import type { NixBench } from '../../test/support/nix-engine.ts'
import { CANARY, openStrangerWorld, type StrangerWorld } from '../../test/support/stranger-world.ts'
import { type Built, buildOnce } from '../engine-conformance.ts'
import { planFolder } from '../plan-folder.ts'
import type { NixEngine } from './engine.ts'
import { physical } from './store.ts'

const LIMITS = { memoryMb: 1024, cpuMilli: 2000, pids: 300, diskMb: 2048, seconds: 900 }
const STACK = 'FROM skypanel/stack:13'

let world: StrangerWorld
let bench: NixBench
let agent: AgentCells
let engine: NixEngine
let canary: string
let port = 0

/** The engine with the cells of an agent: a Dockerfile runs with no more than what any stranger's push runs with. */
beforeAll(async () => {
  world = await openStrangerWorld('e514', '10.222.64.0/18')
  ;({ bench, agent, engine, canary, port } = world)
  // An agent's cells ask the directory for names, and there is none here: what is fetched is fetched before.
  const first = await push([STACK, 'CMD true'], { engine: bench.engine })
  if (!first.outcome.ok) throw new Error(`${first.outcome.message}\n${first.lines.join('\n')}`)
})
afterAll(() => world?.close())

interface Given {
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly limits?: Partial<typeof LIMITS>
  readonly app?: string
  /** Another than the one with the agent's cells. */
  readonly engine?: NixEngine
  readonly change?: (source: string) => void
}

async function push(dockerfile: readonly string[], given: Given = {}): Promise<Built & { root: string }> {
  const source = bench.source({ Dockerfile: `${dockerfile.join('\n')}\n`, ...given.files })
  given.change?.(source)
  const planned = await planFolder(join(source, 'app'), {
    builder: 'test',
    config: { SKYPANEL_BUILDPACK: 'dockerfile', ...given.env },
    inventories: null,
    versions: 'open',
    now: 0,
  })
  if (!planned.ok) throw new Error(`${planned.message}\n${planned.hint}`)
  const built = await buildOnce(given.engine ?? engine, source, planned.plan, {
    limits: { ...LIMITS, ...given.limits },
    app: given.app ?? `conformance-image-${process.pid}`,
    env: given.env ?? {},
  })
  const { outcome } = built
  return { ...built, root: outcome.ok ? physical(bench.home.store, `${outcome.artifact.stack}/root`) : '' }
}

async function rootOf(dockerfile: readonly string[], given: Given = {}): Promise<string> {
  const { outcome, root, lines } = await push(dockerfile, given)
  if (!outcome.ok) throw new Error(`${outcome.message}\n${lines.join('\n')}`)
  return root
}

async function nothingLeft(): Promise<void> {
  expect(await bench.leftovers()).toEqual([])
  expect(agent.leftovers()).toEqual([])
}

describe('a RUN of a Dockerfile', () => {
  test('that reads the machine finds its image and nothing else, and has no right over the kernel', async () => {
    const root = await rootOf([STACK, 'COPY look.sh /', 'RUN bash /look.sh'], {
      files: {
        'look.sh': `mkdir /found; cd /found
cat ${canary}/secret /proc/1/root${canary}/secret /proc/*/root${canary}/secret /proc/*/cwd/../../..${canary}/secret > files 2>/dev/null
grep -rl ${CANARY.replace('machine', '[m]achine')} /tmp /home /run /var /etc /opt /proc/*/environ >> files 2>/dev/null
cat /proc/*/comm | sort -u > commands
cat /proc/1/root/proc/*/comm 2>/dev/null | sort -u >> commands
ls /proc/1/root/nix/var /proc/1/root/nix/store /proc/*/root/nix/var > store 2>/dev/null
: > done
mknod disk b 254 0 2>/dev/null && echo mknod >> done
mount -t proc x /mnt 2>/dev/null && echo mount >> done
echo 1 > /proc/sys/kernel/sysrq 2>/dev/null && echo sysctl >> done
echo 1 > /proc/1/root/proc/sys/vm/drop_caches 2>/dev/null && echo caches >> done
chroot /proc/1/root touch /usr/written 2>/dev/null && echo usr >> done
cat /proc/self/uid_map > uids
exit 0
`,
      },
    })
    const read = (name: string) => readFileSync(join(root, 'found', name), 'utf8')
    expect(read('files')).toBe('')
    expect(read('commands')).not.toMatch(/vitest|node|postgres|caddy|nix/)
    expect(read('store')).not.toContain('skypanel')
    expect(read('done')).toBe('')
    expect(read('uids').trim().split(/\s+/)[0]).toBe('0')
    expect(read('uids').trim().split(/\s+/)[1]).not.toBe('0')
    expect(existsSync(join(root, 'found/disk'))).toBe(false)
    await nothingLeft()
  })

  test('that asks the metadata address, the machine, its loopback or private networks gets no answer', async () => {
    const addresses = execFileSync('hostname', ['-I'], { encoding: 'utf8' }).trim().split(/\s+/)
    const targets = [
      'http://169.254.169.254/latest/meta-data/',
      'http://10.0.0.1/',
      'http://192.168.0.1/',
      `http://${agent.gateway}:${port}/`,
      `http://127.0.0.1:${port}/`,
      ...addresses.filter((one) => !one.includes(':')).map((one) => `http://${one}:${port}/`),
    ]
    const asks = targets.map(
      (url) => `curl -gs --max-time 2 '${url}' >> /answers || echo refused >> /refused`,
    )
    const root = await rootOf([STACK, `RUN : > /answers; ${asks.join('; ')}`])
    expect(readFileSync(join(root, 'answers'), 'utf8')).toBe('')
    expect(readFileSync(join(root, 'refused'), 'utf8').trim().split('\n')).toHaveLength(targets.length)
  })

  test('that forks for ever is ended with its build, and leaves no process', async () => {
    const marker = `78${process.pid}`
    const { outcome, lines } = await push([STACK, `RUN while :; do sleep ${marker} & done`], {
      limits: { seconds: 15 },
    })
    expect(outcome).toMatchObject({ ok: false, code: 'build_failed' })
    if (!outcome.ok) expect(`${outcome.message}\n${lines.join('\n')}`).toMatch(/fork|longer than 15 seconds/)
    const running = execFileSync('sh', ['-c', `pgrep -fc "[s]leep ${marker}" || true`], { encoding: 'utf8' })
    expect(running.trim()).toBe('0')
    await nothingLeft()
  })

  test('that fills the disk is ended with its limit, and the space is free again', async () => {
    const app = `conformance-fills-image-${process.pid}`
    const { outcome } = await push(
      [STACK, 'RUN for i in 1 2 3 4 5 6 7 8; do head -c 100M /dev/zero > /big$i; sleep 1; done; sleep 30'],
      { app, limits: { diskMb: 400 } },
    )
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining('the limit is 400 MB') })
    expect(await engine.caches(app)).toEqual([])
    await nothingLeft()
  })

  test('that fails is told by what it printed', async () => {
    const { outcome } = await push([STACK, 'RUN echo before; echo the reason >&2; exit 3'])
    expect(outcome).toMatchObject({ ok: false, code: 'build_failed' })
    if (!outcome.ok) expect(outcome.message).toContain('the reason')
    await nothingLeft()
  })
})

describe('an image', () => {
  test('comes into the store without devices, sockets, setuid files or what links of it lead to', async () => {
    const victim = join(tmpdir(), `skypanel-image-victim-${process.pid}`)
    const root = await rootOf(
      [
        STACK,
        'COPY . /src',
        'RUN cp /bin/bash /suid && chmod 6755 /suid && mkfifo /pipe && python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\'/sock\')"',
        `RUN ln -s ${canary}/secret /stolen && ln -s ../../../../../../../../etc/shadow /shadow && ln -s / /slash`,
        `RUN rm -rf /etc/passwd /usr/games && ln -s ${victim} /etc/passwd`,
        'USER 1000:1000',
        'CMD true',
      ],
      { change: (source) => symlinkSync(join(canary, 'secret'), join(source, 'app/link')) },
    )
    expect(existsSync(victim)).toBe(false)
    for (const name of ['pipe', 'sock']) expect(existsSync(join(root, name))).toBe(false)
    expect(lstatSync(join(root, 'suid')).mode & 0o7000).toBe(0)
    for (const name of ['stolen', 'shadow', 'slash', 'src/link'])
      expect(lstatSync(join(root, name)).isSymbolicLink()).toBe(true)
    expect(lstatSync(join(root, 'etc/passwd')).isFile()).toBe(true)
    expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).toMatch(/^skypanel:x:1000:1000:/m)
    expect(readFileSync(join(root, '../owners'), 'utf8')).not.toContain('..')
  })

  test('is made of the steps that it had, where only the source has changed', async () => {
    const dockerfile = [STACK, 'RUN date +%s%N > /when', 'COPY code /code', 'CMD cat /code']
    const app = `conformance-again-${process.pid}`
    const first = await rootOf(dockerfile, { app, files: { code: 'one' } })
    const second = await rootOf(dockerfile, { app, files: { code: 'two' } })
    expect(readFileSync(join(second, 'code'), 'utf8')).toBe('two')
    expect(readFileSync(join(second, 'when'), 'utf8')).toBe(readFileSync(join(first, 'when'), 'utf8'))
    const other = await rootOf(dockerfile, { app: `${app}-other`, files: { code: 'one' } })
    expect(readFileSync(join(other, 'when'), 'utf8')).not.toBe(readFileSync(join(first, 'when'), 'utf8'))
  })

  test('may begin with Debian, and take packages of it', { timeout: 300_000 }, async () => {
    const install = 'apt-get -qq update && apt-get -qq install -y --no-install-recommends file > /dev/null'
    const root = await rootOf(
      [
        'FROM debian:13-slim',
        `RUN --mount=type=cache,target=/var/cache/apt ${install}`,
        'RUN file --version > /version',
      ],
      { engine: bench.engine },
    )
    expect(readFileSync(join(root, 'version'), 'utf8')).toMatch(/^file-5/)
    expect(existsSync(join(root, 'usr/bin/file'))).toBe(true)
    expect(existsSync(join(root, 'usr/bin/bash'))).toBe(false)
  })

  test('is not built any further once its build was canceled, and nothing of it goes on', async () => {
    const marker = `79${process.pid}`
    const source = bench.source({ Dockerfile: `${STACK}\nRUN echo begun; sleep ${marker}\n` })
    const planned = await planFolder(join(source, 'app'), {
      builder: 'test',
      inventories: null,
      versions: 'open',
      now: 0,
    })
    if (!planned.ok) throw new Error(planned.message)
    const stop = new AbortController()
    const { outcome } = await buildOnce(engine, source, planned.plan, {
      limits: LIMITS,
      signal: stop.signal,
      onLine: (line) => {
        if (/^\s*begun$/.test(line)) stop.abort()
      },
    })
    expect(outcome).toMatchObject({ ok: false, code: 'build_canceled' })
    const running = execFileSync('sh', ['-c', `pgrep -fc "[s]leep ${marker}" || true`], { encoding: 'utf8' })
    expect(running.trim()).toBe('0')
    await nothingLeft()
  })

  test('has its config vars by secret mounts alone, and is refused when it keeps one', async () => {
    const env = { API_TOKEN: `planted-${process.pid}-in-an-image` }
    const { API_TOKEN: value } = env
    const mount = 'RUN --mount=type=secret,id=API_TOKEN'
    const marker = join(bench.scratch, 'image-begun')
    writeFileSync(marker, '')
    const kept = await push([STACK, `${mount} cp /run/secrets/API_TOKEN /kept; cat /kept`], { env })
    expect(kept.outcome).toMatchObject({
      ok: false,
      message: expect.stringContaining('The value of the config var API_TOKEN was found in kept'),
    })
    const used = await push(
      [
        STACK,
        `${mount} sha256sum < /run/secrets/API_TOKEN > /sum`,
        'RUN ! test -e /run/secrets/API_TOKEN',
        'RUN test -z "$API_TOKEN"',
      ],
      { env },
    )
    expect(used.outcome).toMatchObject({ ok: true })
    expect(JSON.stringify([kept.outcome, kept.lines, used.outcome, used.lines])).not.toContain(value)
    const store = join(bench.home.at.nix, 'store')
    expect(() =>
      execFileSync('grep', ['-rlF', value, '--', store, bench.home.at.agentState], { stdio: 'pipe' }),
    ).toThrow()
  })
})

describe('an instance of an image', () => {
  test('finds what the image holds, without what was removed, and writes where its user may', async () => {
    const instances = await openImageInstances('e515', '10.223.64.0/18', bench.home.home)
    try {
      const { outcome, lines } = await push(
        [
          STACK,
          'RUN <<SCRIPT',
          'set -e',
          'rm -rf /usr/share/zoneinfo /usr/bin/openssl',
          'mkdir /usr/share/zoneinfo && echo only > /usr/share/zoneinfo/one',
          'echo "site:x:1234:1235::/home/site:/bin/bash" >> /etc/passwd',
          'install -d -o 1234 -g 1235 /srv/site /srv/site/data',
          'SCRIPT',
          'COPY --link --chown=1234:1235 code /srv/site/code',
          'ENV GREETING="hello there"',
          'WORKDIR /srv/site',
          'USER site',
          'ENTRYPOINT ["/bin/bash", "-c"]',
          'CMD ["true"]',
        ],
        { files: { code: 'the code\n' } },
      )
      if (!outcome.ok) throw new Error(`${outcome.message}\n${lines.join('\n')}`)
      const { artifact } = outcome
      expect(artifact.image).toMatchObject({ uid: 1234, workdir: '/srv/site' })
      expect(artifact.image?.base).toBe(bench.home.stacks.run.path)
      const said = await instances.run(
        artifact,
        'id -u; id -g; pwd; cat code; echo $GREETING; ls /usr/share/zoneinfo; test -e /usr/bin/openssl || echo no openssl; echo x > data/new && echo wrote; { echo x > /usr/new; } 2> /dev/null || echo refused; python3 -c "print(6 * 7)"',
      )
      expect(said).toBe('1234\n1235\n/srv/site\nthe code\nhello there\none\nno openssl\nwrote\nrefused\n42\n')
      // A release holds what is its own.
      expect(existsSync(physical(bench.home.store, `${artifact.stack}/root/usr/bin/bash`))).toBe(false)
    } finally {
      await instances.close()
    }
  })
})
