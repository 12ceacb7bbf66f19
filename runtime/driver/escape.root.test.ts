import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, tryRun } from '../exec.ts'
import { gateway } from '../network/address.ts'
import { specOf } from './conformance.ts'
import type { Driver, Handle } from './driver.ts'
import { type ContainedStage, openNspawnStage } from './test-stage.ts'

let stage: ContainedStage
let driver: Driver
let host: Server
let hostPort = 0
let index = 0

beforeAll(async () => {
  stage = await openNspawnStage('f0e1', '10.214.64.0/18')
  driver = stage.driver()
  host = createServer((_, response) => response.end('host'))
  await new Promise<void>((resolve) => host.listen(0, '0.0.0.0', resolve))
  const address = host.address()
  hostPort = typeof address === 'object' && address !== null ? address.port : 0
}, 60_000)
afterAll(async () => {
  host?.close()
  await stage?.close()
})

async function launch(
  command: string,
  more: Parameters<typeof specOf>[2] = {},
): Promise<{ handle: Handle; folder: string; address: string }> {
  const spec = specOf(stage, command, more)
  const folder = join(stage.home, 'instances', spec.id)
  mkdirSync(folder, { recursive: true })
  const placement = stage.placement(index++, folder)
  return {
    handle: await driver.start(spec, placement, async () => undefined),
    folder,
    address: placement.address,
  }
}

/** What a command prints inside of an instance. */
async function inside(command: string, more: Parameters<typeof specOf>[2] = {}): Promise<string> {
  const { handle, folder } = await launch(command, more)
  await driver.wait(handle)
  const said =
    readFileSync(join(folder, 'log', 'out'), 'utf8') + readFileSync(join(folder, 'log', 'err'), 'utf8')
  await driver.destroy(handle)
  return said
}

/** Whether a TCP connection can be made from inside: `open`, `refused`, `timeout` … */
const reach = (host: string, port: number) =>
  `node -e 'const s=require("net").connect({host:"${host}",port:${port},timeout:700});s.on("connect",()=>{console.log("open");process.exit()});s.on("timeout",()=>{console.log("timeout");process.exit()});s.on("error",(e)=>{console.log(e.code);process.exit()})'`

const SERVER = `exec node -e 'require("http").createServer((q,r)=>r.end("app")).listen(5000,"0.0.0.0",()=>console.log("up"))'`

async function served(folder: string): Promise<void> {
  for (let round = 0; round < 400; round++, await sleep(25))
    if (readFileSync(join(folder, 'log', 'out'), 'utf8').includes('up')) return
  throw new Error('the server did not come up')
}

describe('from inside of an instance', { timeout: 60_000 }, () => {
  test('no service of the host, no neighbour and no metadata address answers', async () => {
    const { uplink, address } = await uplinkAddress()
    for (const target of [gateway(stage.range), '127.0.0.1', ...(address === null ? [] : [address])]) {
      expect(await inside(reach(target, hostPort)), target).not.toContain('open')
    }
    expect(await inside(reach('169.254.169.254', 80))).not.toContain('open')
    expect(await inside(reach('10.0.0.1', 80))).not.toContain('open')
    expect(uplink === null || uplink.length > 0).toBe(true)
  })

  test('another app cannot be reached, but the router can reach it', async () => {
    const other = await launch(SERVER)
    await served(other.folder)
    expect(await inside(reach(other.address, 5000))).toMatch(/timeout|EHOSTUNREACH|ECONNREFUSED/)
    const asRouter = await tryRun(
      [process.execPath, '-e', `fetch("http://${other.address}:5000").then(r=>r.text()).then(console.log)`],
      { uid: 65534, gid: 65534 },
    )
    expect(asRouter.stdout).toBe('app\n')
    const asOther = await tryRun([
      process.execPath,
      '-e',
      `fetch("http://${other.address}:5000",{signal:AbortSignal.timeout(1500)}).then(r=>r.text()).then(console.log,()=>console.log("refused"))`,
    ])
    expect(asOther.stdout).toBe('refused\n')
    await driver.kill(other.handle)
    await driver.destroy(other.handle)
  })

  test('who gets the address of an ended instance is reached without waiting for the neighbour tables', async () => {
    const reached = async () => {
      const { handle, folder, address } = await launch(SERVER)
      await served(folder)
      const program = `fetch("http://${address}:5000",{signal:AbortSignal.timeout(10000)}).then(r=>r.text()).then(console.log,console.log)`
      const { stdout } = await tryRun([process.execPath, '-e', program], { uid: 65534, gid: 65534 })
      await driver.kill(handle)
      await driver.destroy(handle)
      return { address, stdout }
    }
    // A bridge that loses its last port forgets all neighbours; with another one up it does not.
    const bystander = await launch('exec sleep 60')
    const first = await reached()
    index -= 1
    const second = await reached()
    await driver.kill(bystander.handle)
    await driver.destroy(bystander.handle)
    expect(second).toEqual({ address: first.address, stdout: 'app\n' })
  })

  test('names are asked of the platform alone', async () => {
    expect(await inside('cat /etc/resolv.conf')).toBe(`nameserver ${gateway(stage.range)}\n`)
  })

  test('no other process is seen, and the first one is closed', async () => {
    const pids = await inside('for p in /proc/[0-9]*; do echo $p; done')
    expect(pids.trim().split('\n').length).toBeLessThanOrEqual(3)
    const init = await inside('cat /proc/1/environ; ls /proc/1/fd; ls -l /proc/1/root')
    expect(init).toMatch(/denied|Permission/)
    expect(init).not.toContain('HOME=')
  })

  test('only the paths of its own release are there', async () => {
    const mine = join('/tmp', `skypanel-mine-${stage.id}`)
    const foreign = join('/tmp', `skypanel-foreign-${stage.id}`)
    for (const path of [mine, foreign]) {
      mkdirSync(path, { recursive: true })
      writeFileSync(join(path, 'secret'), path)
    }
    const said = await inside(`cat ${mine}/secret; cat ${foreign}/secret; ls /nix/store`, {
      artifact: { ...stage.artifact, tools: [mine] },
    })
    expect(said).toContain(mine)
    expect(said).toContain('No such file')
    await run(['rm', '-r', mine, foreign])
  })

  test('/app can be written and is limited in size; the root and the release cannot', async () => {
    const said = await inside(
      'cat lib/code.txt; echo x > lib/new && echo wrote; echo x > lib/code.txt; rm lib/code.txt && echo y > lib/code.txt && cat lib/code.txt; echo x > /etc/x; echo x > /usr/x; dd if=/dev/zero of=big bs=1M count=100',
      { limits: { memoryMb: 256, cpuMilli: 1000, pids: 64, diskMb: 8 } },
    )
    expect(said).toContain('code\nwrote\n')
    expect(said).toContain('\ny\n')
    expect(said.match(/Read-only file system/g)?.length).toBe(2)
    expect(said).toContain('No space left')
    expect(readFileSync(join(stage.home, 'layer/app/lib/code.txt'), 'utf8')).toBe('code\n')
  })

  test('no namespace, mount or device can be made, and no privilege is held', async () => {
    const said = await inside(
      'unshare -U true; unshare -m true; unshare -n true; mount -t tmpfs none /tmp; cat /proc/self/status; id',
    )
    expect(
      said.match(/Operation not permitted|must be superuser|permission denied/gi)?.length,
    ).toBeGreaterThanOrEqual(4)
    expect(said).toMatch(/CapBnd:\s+0000000000000000/)
    expect(said).toMatch(/CapEff:\s+0000000000000000/)
    expect(said).toMatch(/NoNewPrivs:\s+1/)
    expect(said).toMatch(/Seccomp:\s+2/)
    expect(said).toContain('uid=1000(app)')
  })

  test('system calls that reach into the kernel are refused, also through clone', async () => {
    const source = join(stage.home, 'calls.c')
    const calls = join(stage.home, 'layer', 'app', 'calls')
    writeFileSync(source, PROBE)
    await run(['cc', '-O1', '-static', '-o', calls, source])
    const said = await inside('/app/calls')
    expect(said.trim().split('\n')).toEqual([
      'clone newuser: 1',
      'clone newnet: 1',
      'clone3: 38',
      'io_uring_setup: 1',
      'keyctl: 1',
      'ptrace: 1',
      'userfaultfd: 1',
      'perf_event_open: 1',
      'bpf: 1',
    ])
  })
})

describe('limits', { timeout: 60_000 }, () => {
  test('more processes than allowed cannot be made', async () => {
    expect(
      await inside('for i in $(seq 40); do sleep 1 & done; wait', {
        limits: { memoryMb: 256, cpuMilli: 1000, pids: 20, diskMb: 8 },
      }),
    ).toMatch(/fork|Resource temporarily unavailable/)
  })

  test('CPU time is held to its share', async () => {
    const { handle } = await launch('while :; do :; done', {
      limits: { memoryMb: 128, cpuMilli: 200, pids: 20, diskMb: 8 },
    })
    await sleep(500)
    const before = (await driver.stats(handle))?.cpuSeconds ?? 0
    await sleep(2000)
    const used = ((await driver.stats(handle))?.cpuSeconds ?? 0) - before
    expect(used).toBeGreaterThan(0.1)
    expect(used).toBeLessThan(0.9)
    await driver.kill(handle)
    await driver.destroy(handle)
  })
})

async function uplinkAddress(): Promise<{ uplink: string | null; address: string | null }> {
  const text = await run(['ip', '-o', '-4', 'route', 'get', '192.0.2.1']).catch(() => '')
  return { uplink: /dev (\S+)/.exec(text)?.[1] ?? null, address: /src (\S+)/.exec(text)?.[1] ?? null }
}

/** Prints the errno of each call. */
const PROBE = `
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static void tell(const char *name, long result) { printf("%s: %d\\n", name, result < 0 ? errno : 0); fflush(stdout); if (result == 0 && !strncmp(name, "clone", 5)) _exit(0); }
int main(void) {
  char zero[256] = {0};
  tell("clone newuser", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  tell("clone newnet", syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0));
  tell("clone3", syscall(SYS_clone3, zero, 88));
  tell("io_uring_setup", syscall(SYS_io_uring_setup, 4, zero));
  tell("keyctl", syscall(SYS_keyctl, 0, 0));
  tell("ptrace", syscall(SYS_ptrace, 0, 0, 0, 0));
  tell("userfaultfd", syscall(SYS_userfaultfd, 0));
  tell("perf_event_open", syscall(SYS_perf_event_open, zero, 0, -1, -1, 0));
  tell("bpf", syscall(SYS_bpf, 0, zero, sizeof zero));
  return 0;
}
`
