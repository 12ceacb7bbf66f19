import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { specOf } from './conformance.ts'
import { lxc } from './lxc.ts'
import { nspawn } from './nspawn.ts'
import { type ContainedStage, openStage } from './test-stage.ts'

describe.each([
  { supervisor: nspawn, id: 'f0e3', range: '10.244.128.0/18' },
  { supervisor: lxc, id: 'f0e4', range: '10.243.128.0/18' },
])('an instance of $supervisor.name whose root is an image', ({ supervisor, id, range }) => {
  let stage: ContainedStage
  let image: string
  let base: string | null = null
  let index = 0

  /** As a build leaves it: a root, and a list of whose its folders are, to which a hostile build has added. */
  beforeAll(async () => {
    stage = await openStage(supervisor, id, range)
    image = join(stage.home, 'image')
    cpSync(stage.artifact.stack, join(image, 'root'), { recursive: true, verbatimSymlinks: true })
    mkdirSync(join(image, 'root/srv/data'), { recursive: true })
    writeFileSync(join(image, 'root/srv/code.txt'), 'code\n')
    appendFileSync(join(image, 'root/etc/passwd'), 'skypanel:x:1234:1235::/:/bin/sh\n')
    appendFileSync(join(image, 'root/etc/group'), 'extra:x:77:skypanel\n')
    writeFileSync(join(image, 'root/usr/bin/getent'), '#!/bin/bash\ntouch /srv/getent-ran\n', { mode: 0o755 })
    const owners = [
      '1234 1235 srv',
      '1234 1235 srv/data',
      '0 0 ../climbed',
      '1234 1234 srv/../../up',
      '99999 1 etc',
    ]
    writeFileSync(join(image, 'owners'), owners.map((line) => `${line}\0`).join(''))
  }, 60_000)
  afterAll(async () => {
    await stage?.close()
  })

  async function inside(command: string): Promise<string> {
    const before = stage.traces()
    const artifact = {
      ...stage.artifact,
      stack: image,
      layers: [],
      image: { uid: 1234, workdir: '/srv', base },
    }
    const spec = specOf(stage, command, { artifact })
    const folder = join(stage.home, 'instances', spec.id)
    mkdirSync(folder, { recursive: true })
    const driver = stage.driver()
    const handle = await driver.start(spec, stage.placement(150 + index++, folder), async () => undefined)
    const end = await driver.wait(handle)
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    const said = read('log/out') + read('log/err')
    await driver.destroy(handle)
    if (end.code === null && said === '') throw new Error(read('supervisor.log'))
    rmSync(folder, { recursive: true, force: true })
    expect(stage.traces()).toEqual(before)
    return said
  }

  test('runs as the user of the image, in its folder, with no right of root', async () => {
    const said = await inside(
      'id -u; id -g; id -G; echo "$PWD"; cat code.txt; while read -r name value; do case $name in Cap*|NoNewPrivs:|Seccomp:) echo $name $value;; esac; done < /proc/self/status',
    )
    // LXC gives nobody in a user namespace further groups.
    const groups = supervisor === nspawn ? '1235 77' : '1235'
    expect(said).toContain(`1234\n1235\n${groups}\n/srv\ncode\n`)
    expect(said.match(/Cap(?:Eff|Prm|Bnd|Amb): 0+$/gm)).toHaveLength(4)
    expect(said).toMatch(/NoNewPrivs: 1\nSeccomp: 2/)
  })

  test('takes commands while it runs, as the same user in the same folder, by a shell of its own', async () => {
    const artifact = {
      ...stage.artifact,
      stack: image,
      layers: [],
      image: { uid: 1234, workdir: '/srv', base },
    }
    const spec = specOf(stage, 'exec sleep 1000', { artifact, env: { COLOUR: 'red' } })
    const folder = join(stage.home, 'instances', spec.id)
    mkdirSync(folder, { recursive: true })
    const driver = stage.driver()
    const handle = await driver.start(spec, stage.placement(150 + index++, folder), async () => undefined)
    for (const command of ['id -u; echo "$PWD $COLOUR $SIZE"; exit 5', null]) {
      const line = await driver.exec(handle, spec, { command, env: { SIZE: 'L' }, pty: null })
      let said = ''
      line.onOutput((_, data) => (said += data.toString()))
      if (command === null) line.write(Buffer.from('id -u; echo "$PWD $COLOUR $SIZE"; exit 5\n'))
      expect(await line.ended).toEqual({ code: 5, signal: null })
      expect(said).toBe('1234\n/srv red L\n')
    }
    await driver.kill(handle)
    await driver.wait(handle)
    await driver.destroy(handle)
  })

  test('writes where its folders are, and nowhere else', async () => {
    const said = await inside(
      'for file in /srv/new /srv/data/new /srv/code.txt.new /tmp/new; do echo x > $file && echo wrote $file; done; for file in /etc/new /usr/bin/new /new /srv/code.txt; do { echo x > $file; } 2> /dev/null || echo refused $file; done; rm code.txt && echo mine > code.txt && cat code.txt',
    )
    expect(said.match(/^wrote/gm)).toHaveLength(4)
    expect(said.match(/^refused/gm)).toHaveLength(4)
    expect(said).toMatch(/mine\n$/)
    expect(existsSync(join(image, 'root/srv/new'))).toBe(false)
  })

  test('has nothing of the image run before the filter is loaded, and believes no list that climbs out', async () => {
    expect(await inside('ls /srv')).not.toContain('getent-ran')
    for (const name of ['climbed', 'up']) expect(existsSync(join(stage.home, 'skeletons', name))).toBe(false)
    expect(statSync(join(image, 'root/etc')).uid).toBe(0)
  })

  test('may lie over a root that it shares with others, without what it has removed of it', async () => {
    const whole = image
    base = join(image, 'root')
    image = join(stage.home, 'over')
    mkdirSync(join(image, 'root/srv'), { recursive: true })
    writeFileSync(join(image, 'root/srv/mine.txt'), 'mine\n')
    writeFileSync(join(image, 'owners'), '1234 1235 srv\0')
    writeFileSync(join(image, 'whiteouts'), 'srv/code.txt\0usr/bin/seq\0../up\0')
    try {
      expect(
        await inside('cat mine.txt; ls /srv; test -e /usr/bin/seq || echo no seq; echo x > new; cat new'),
      ).toBe('mine\ndata\nmine.txt\nno seq\nx\n')
      expect(existsSync(join(base, 'srv/code.txt'))).toBe(true)
    } finally {
      image = whole
      base = null
    }
  })

  test('may have nothing to mount on', async () => {
    const whole = image
    image = join(stage.home, 'scratch')
    cpSync(whole, image, { recursive: true, verbatimSymlinks: true })
    for (const name of ['dev', 'proc', 'sys', 'run', 'tmp', 'var', 'etc/resolv.conf', 'etc/ssl'])
      rmSync(join(image, 'root', name), { recursive: true })
    try {
      expect(await inside('cat /etc/resolv.conf; echo x > /tmp/x; cat /tmp/x; cat /proc/self/comm')).toMatch(
        /^nameserver .*\nx\ncat\n$/,
      )
    } finally {
      image = whole
    }
  })

  test('without a shell runs words, and says so where a command needs more', async () => {
    const bare = join(stage.home, 'bare')
    cpSync(image, bare, { recursive: true, verbatimSymlinks: true })
    rmSync(join(bare, 'root/usr/bin/sh'))
    rmSync(join(bare, 'root/bin'))
    mkdirSync(join(bare, 'root/bin'))
    const whole = image
    image = bare
    try {
      expect(await inside("exec node -e 'console.log(6 * 7)'")).toContain('42')
      await expect(inside('echo $PORT')).rejects.toThrow('has no shell')
    } finally {
      image = whole
    }
  })
})
