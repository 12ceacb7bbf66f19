import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../exec.ts'

const NATIVE = fileURLToPath(new URL('.', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'skypanel-filter-'))
const children: ChildProcess[] = []
const programs: number[] = []
let reader: string

beforeAll(async () => {
  writeFileSync(join(folder, 'read.c'), READ)
  writeFileSync(join(folder, 'load.c'), LOAD)
  reader = join(folder, 'read')
  await run(['cc', '-o', reader, join(folder, 'read.c')])
  await run(['cc', '-static', `-I${NATIVE}`, '-o', join(folder, 'load'), join(folder, 'load.c')])
})
afterAll(() => {
  // First what runs inside: it would outlive an nspawn that is killed.
  for (const pid of programs) process.kill(pid, 'SIGKILL')
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

interface Step {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

/** All filters of a process, as the kernel has them. */
async function filtersOf(pid: number): Promise<Step[][]> {
  const filters: Step[][] = []
  for (const line of (await run([reader, String(pid)])).trim().split('\n')) {
    const [code = 0, jt = 0, jf = 0, k = 0] = line.split(' ').map(Number)
    if (line === 'filter') filters.push([])
    else filters.at(-1)?.push({ code, jt, jf, k })
  }
  return filters
}

/** What one filter answers to a call: the classic packet filter machine, as far as seccomp uses it. */
function answer(filter: readonly Step[], call: Buffer): number {
  let a = 0
  for (let at = 0; ; at++) {
    const step = filter[at]
    if (step === undefined) throw new Error('the filter has no end')
    const { code, jt, jf, k } = step
    if (code === 0x20) a = call.readUInt32LE(k)
    else if (code === 0x06) return k
    else if (code === 0x05) at += k
    else if (code === 0x54) a = (a & k) >>> 0
    else {
      const tests: Record<number, boolean> = { 0x15: a === k, 0x25: a > k, 0x35: a >= k, 0x45: (a & k) !== 0 }
      const right = tests[code]
      if (right === undefined)
        throw new Error(`the filter holds the instruction ${code}, which is not known here`)
      at += right ? jt : jf
    }
  }
}

const ALLOW = 0x7fff0000
const X86_64 = 0xc000003e
const I386 = 0x40000003
const X32 = 0x40000000

function call(nr: number, arch: number, args: readonly number[] = []): Buffer {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(nr, 0)
  data.writeUInt32LE(arch, 4)
  for (const [at, arg] of args.entries()) data.writeUInt32LE(arg, 16 + 8 * at)
  return data
}

const allowedBy = (filters: readonly Step[][], data: Buffer) =>
  filters.every((filter) => answer(filter, data) === ALLOW)

/** An instance of nspawn with its own filter: what systemd holds to be right for strangers. */
async function nspawns(): Promise<Step[][]> {
  const tree = join(folder, 'tree')
  await run(['mkdir', '-p', join(tree, 'usr/bin'), join(tree, 'etc')])
  writeFileSync(join(folder, 'idle.c'), 'extern int pause(void); int main(void) { for (;;) pause(); }')
  await run(['cc', '-static', '-o', join(tree, 'usr/bin/idle'), join(folder, 'idle.c')])
  writeFileSync(join(tree, 'etc/os-release'), 'ID=test\n')
  const child = spawn(
    'systemd-nspawn',
    [
      '--quiet',
      '--register=no',
      '--keep-unit',
      `--machine=filter-${process.pid}`,
      `--directory=${tree}`,
      '--private-users=805306368:65536',
      '--private-users-ownership=map',
      '--drop-capability=all',
      '--console=pipe',
      '--timezone=off',
      '--resolv-conf=off',
      '/usr/bin/idle',
    ],
    { env: { PATH: process.env['PATH'] ?? '' }, stdio: 'ignore' },
  )
  children.push(child)
  for (let round = 0; round < 200; round++, await sleep(50)) {
    const inside = await descendant(child.pid ?? 0, '/usr/bin/idle')
    if (inside === null) continue
    programs.push(inside)
    return await filtersOf(inside)
  }
  throw new Error('nspawn did not start its program')
}

async function descendant(pid: number, program: string): Promise<number | null> {
  const ids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  for (const id of ids.map(Number)) {
    if (readFileSync(`/proc/${id}/cmdline`, 'utf8').startsWith(program)) return id
    const deeper = await descendant(id, program)
    if (deeper !== null) return deeper
  }
  return null
}

async function ours(): Promise<Step[][]> {
  const child = spawn(join(folder, 'load'), { stdio: 'ignore' })
  children.push(child)
  for (let round = 0; round < 100; round++, await sleep(20))
    if (/Seccomp:\s+2/.test(readFileSync(`/proc/${child.pid}/status`, 'utf8')))
      return await filtersOf(child.pid ?? 0)
  throw new Error('the filter was not loaded')
}

test('whatever call nspawn refuses to an app, our filter refuses as well', async () => {
  const [theirs, mine] = [await nspawns(), await ours()]
  expect(theirs.length).toBeGreaterThan(0)
  expect(mine.length).toBe(1)
  const weaker: string[] = []
  let refusedByBoth = 0
  for (const arch of [X86_64, I386])
    for (const base of arch === X86_64 ? [0, X32] : [0])
      for (let nr = 0; nr < 1024; nr++)
        // socket's arguments for the kernel's audit; all bits of flags set; nothing at all.
        for (const args of [[], [16, 3, 9], [0xffffffff, 0xffffffff, 0xffffffff]]) {
          const data = call(base + nr, arch, args)
          if (allowedBy(theirs, data)) continue
          if (allowedBy(mine, data)) weaker.push(`${arch.toString(16)}:${base + nr}(${args.join()})`)
          else refusedByBoth += 1
        }
  expect(weaker).toEqual([])
  expect(refusedByBoth).toBeGreaterThan(500)
  // Ours must not be strict by refusing everything: read, write, openat, socket, clone of a thread.
  for (const nr of [0, 1, 257, 56]) expect(allowedBy(mine, call(nr, X86_64))).toBe(true)
})

test('sockets are of the network or inside, and ask the kernel for addresses, sockets and devices alone', async () => {
  const mine = await ours()
  const families = (nr: number, protocol: number) =>
    Array.from({ length: 64 }, (_, family) => family).filter((family) =>
      allowedBy(mine, call(nr, X86_64, [family, 1, protocol])),
    )
  // UNIX, INET, INET6, NETLINK; socket and socketpair.
  for (const nr of [41, 53]) expect(families(nr, 0)).toEqual([1, 2, 10, 16])
  const netlink = Array.from({ length: 64 }, (_, protocol) => protocol).filter((protocol) =>
    allowedBy(mine, call(41, X86_64, [16, 3, protocol])),
  )
  expect(netlink).toEqual([0, 4, 15, 16])
})

/** Prints every filter of a process that was stopped for it. */
const READ = `
#include <stdio.h>
#include <stdlib.h>
#include <linux/filter.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif
int main(int count, char **words) {
  pid_t pid = count > 1 ? atoi(words[1]) : 0;
  if (ptrace(PTRACE_ATTACH, pid, 0, 0) < 0) { perror("attach"); return 1; }
  waitpid(pid, 0, __WALL);
  for (long at = 0;; at++) {
    long size = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)at, 0);
    if (size < 0) { if (at == 0) perror("read"); return at == 0; }
    struct sock_filter *code = calloc(size, sizeof *code);
    ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)at, code);
    puts("filter");
    for (long i = 0; i < size; i++) printf("%u %u %u %u\\n", code[i].code, code[i].jt, code[i].jf, code[i].k);
  }
}
`

const LOAD = `
#include <unistd.h>
#include "filter.h"
int main(void) { if (load_filter() < 0) return 1; for (;;) pause(); }
`
