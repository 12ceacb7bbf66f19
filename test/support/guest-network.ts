import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { bridgeLines, insideLines, outsideLines } from '../../runtime/command/link.ts'
import { firewall } from '../../runtime/command/nft.ts'
import { guestChanges, type GuestTable, noGuests } from '../../runtime/command/nft-guests.ts'
import { CLEAN_ENV, run, type RunningProcess, start, tryRun } from '../../runtime/exec.ts'
import { gateway } from '../../runtime/network/address.ts'

const RANGE = '10.222.64.0/18'
const PREFIX = 'sptest'

/**
 * A host, its guests and a network outside, each a namespace of its own on the real kernel: what the firewall's lines
 * do with packets, without a line in this machine's own table.
 */
export interface GuestNetwork extends AsyncDisposable {
  readonly bridge: string
  /** Makes a guest with this address. */
  guest(name: string, address: string): Promise<void>
  /** Makes the guests' rules these, as the agent would. */
  rules(next: GuestTable): Promise<void>
  /** Loads the table anew, with the rules as they stand. */
  reload(): Promise<void>
  /** Answers on every address of the namespace; `outside` has OUTSIDE and OTHER. */
  listen(where: string, port: number): Promise<void>
  /** What a connection from the guest ends with: `open`, or the error's code, or `timeout`. */
  dial(from: string, address: string, port: number): Promise<string>
  /** Opens a connection and tells, each time it is asked, whether a byte still gets an echo. */
  hold(from: string, address: string, port: number): Promise<() => Promise<boolean>>
  inside(
    name: string,
    argv: readonly string[],
  ): Promise<{ code: number | null; stdout: string; stderr: string }>
}

export const OUTSIDE = '203.0.113.10'
export const OTHER = '198.51.100.10'

const SERVER = `require('node:net').createServer((s) => { s.on('error', () => {}); s.pipe(s) }).listen(Number(process.argv[1]), () => console.log('up'))`
const DIAL = `const s = require('node:net').connect({ host: process.argv[1], port: Number(process.argv[2]) })
  const end = (text) => { console.log(text); process.exit(0) }
  s.setTimeout(1500, () => end('timeout')); s.on('connect', () => end('open')); s.on('error', (e) => end(e.code))`
const HOLD = `const s = require('node:net').connect({ host: process.argv[1], port: Number(process.argv[2]) })
  s.on('error', () => {}); let wait = null
  s.on('connect', () => console.log('held')); s.on('data', () => wait?.(true))
  process.stdin.on('data', async () => {
    const answer = new Promise((resolve) => { wait = resolve; setTimeout(resolve, 1500, false) })
    s.write('x'); console.log(await answer)
  })`

export async function openGuestNetwork(tag: string): Promise<GuestNetwork> {
  const name = (part: string) => `${PREFIX}-${tag}-${part}`
  const bridge = `${PREFIX}${tag}`.slice(0, 15)
  const host = name('host')
  const outside = name('outside')
  const made = [host, outside]
  const running: RunningProcess[] = []
  let current = noGuests
  const on = (ns: string, argv: readonly string[]) => ['ip', 'netns', 'exec', ns, ...argv]
  const write = (ns: string, key: string, value: string) =>
    run(on(ns, ['tee', `/proc/sys/${key}`]), { input: value })
  const node = (ns: string, script: string, ...rest: string[]) =>
    on(ns, [process.execPath, '-e', script, ...rest])
  for (const ns of made) await tryRun(['ip', 'netns', 'delete', ns])
  for (const ns of made) await run(['ip', 'netns', 'add', ns])
  await run(on(host, ['ip', '-batch', '-']), {
    input: [
      'link set lo up',
      `link add up0 type veth peer name eth0 netns ${outside}`,
      'address add 203.0.113.1/24 dev up0',
      'link set up0 up',
      'route add default via 203.0.113.10',
      bridgeLines(bridge, gateway(RANGE), 18),
    ].join('\n'),
  })
  await run(on(outside, ['ip', '-batch', '-']), {
    input: `link set lo up\naddress add ${OUTSIDE}/24 dev eth0\naddress add ${OTHER}/32 dev lo\nlink set eth0 up\n`,
  })
  const table = `${PREFIX}_${tag}`
  const base = firewall({
    table,
    bridge,
    range: RANGE,
    gateway: gateway(RANGE),
    cells: '10.222.112.0/20',
    dnsPort: 5399,
    uplink: 'up0',
    neighbours: [],
    registries: [],
    callers: [0],
    router: null,
  })
  const nft = (input: string) => run(on(host, ['nft', '-f', '-']), { input })
  await nft(base)
  for (const device of [bridge, 'up0']) await write(host, `net/ipv4/conf/${device}/forwarding`, '1')
  await write(host, `net/ipv4/conf/${bridge}/proxy_arp_pvlan`, '1')
  await write(host, `net/ipv4/neigh/${bridge}/proxy_delay`, '0')
  const place = (part: string) => (part === 'host' ? host : part === 'outside' ? outside : name(part))

  async function spawnIn(
    argv: readonly string[],
  ): Promise<{ child: RunningProcess; line: () => Promise<string> }> {
    const child = await start({ argv, env: CLEAN_ENV, stdio: ['pipe', 'pipe', 'inherit'] })
    running.push(child)
    const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]()
    return { child, line: async () => String((await lines.next()).value) }
  }

  return {
    bridge,
    async guest(part, address) {
      const facts = {
        netns: name(part),
        link: `${bridge}${part}`.slice(-15),
        bridge,
        address,
        prefix: 18,
        gateway: gateway(RANGE),
      }
      made.push(facts.netns)
      await tryRun(['ip', 'netns', 'delete', facts.netns])
      // The host of this network is a namespace itself, so the guest is made beside it and its link given to it.
      await run(['ip', 'netns', 'add', facts.netns])
      const lines = outsideLines(facts).split('\n').slice(1).join('\n')
      await run(on(host, ['ip', '-batch', '-']), { input: lines })
      await run(on(facts.netns, ['ip', '-batch', '-']), { input: insideLines(facts) })
    },
    async rules(next) {
      await nft(guestChanges(table, current, next))
      current = next
    },
    reload: async () => void (await nft(`${base}${guestChanges(table, noGuests, current)}`)),
    async listen(where, port) {
      const { line } = await spawnIn(node(place(where), SERVER, String(port)))
      await line()
    },
    dial: async (from, address, port) => (await run(node(place(from), DIAL, address, String(port)))).trim(),
    async hold(from, address, port) {
      const { child, line } = await spawnIn(node(place(from), HOLD, address, String(port)))
      if ((await line()) !== 'held') throw new Error(`no connection from ${from} to ${address}:${port}`)
      return async () => {
        child.stdin?.write('?')
        return (await line()) === 'true'
      }
    },
    inside: (part, argv) => tryRun(on(place(part), argv)),
    async [Symbol.asyncDispose]() {
      for (const child of running) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      for (const ns of made) await tryRun(['ip', 'netns', 'delete', ns])
    },
  }
}
