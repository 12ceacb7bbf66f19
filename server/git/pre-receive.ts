import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { frameReader, HookFrame } from './hook-frames.ts'

/**
 * git's pre-receive hook for machines on which the native one (runtime/native/hook.c) was not built yet. The same
 * protocol: it only carries, and it fails closed. The exit code is a failure from the first line on; nothing but the
 * server's "ok" changes it.
 */
process.exitCode = 1

const WAIT = 60_000
const env = process.env
let seen = 0

function header(): string {
  const count = Math.min(64, Number(env['GIT_PUSH_OPTION_COUNT'] ?? 0) || 0)
  return JSON.stringify({
    token: env['SKYPANEL_PUSH_TOKEN'] ?? '',
    after: seen,
    quarantine: env['GIT_QUARANTINE_PATH'] ?? '',
    objects: env['GIT_OBJECT_DIRECTORY'] ?? '',
    alternates: env['GIT_ALTERNATE_OBJECT_DIRECTORIES'] ?? '',
    options: Array.from({ length: count }, (_, index) => env[`GIT_PUSH_OPTION_${index}`] ?? ''),
  })
}

/** One conversation: the decision, or null when the platform went away before it decided. */
function converse(path: string, refs: string): Promise<boolean | null> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const read = frameReader()
    socket.once('error', () => resolve(null))
    // The decision counts only as a frame; the mere end of a connection decides nothing.
    socket.once('close', () => resolve(null))
    socket.once('connect', () => socket.write(`${header()}\n${refs}\n`))
    socket.on('data', (data: Buffer) => {
      for (const { type, payload } of read(data)) {
        seen += 1
        if (type !== HookFrame.decision) {
          ;(type === HookFrame.stderr ? process.stderr : process.stdout).write(payload)
          continue
        }
        resolve(payload.toString() === 'ok')
        socket.destroy()
        return
      }
    })
  })
}

async function main(): Promise<void> {
  // A pusher who went away is no reason to stop: the build goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const refs = readFileSync(0, 'utf8')
  let last = Date.now()
  let told = false
  while (Date.now() - last < WAIT) {
    const before = seen
    const accepted = await converse(env['SKYPANEL_HOOK_SOCKET'] ?? '', refs)
    if (accepted !== null) {
      process.exitCode = accepted ? 0 : 1
      return
    }
    if (seen > before) {
      last = Date.now()
      told = false
    }
    if (!told) process.stderr.write('SkyPanel: the platform is away; waiting for it to come back ...\n')
    told = true
    await sleep(200)
  }
  process.stderr.write(
    'SkyPanel: the platform went away; nothing was changed by this push. A build that had begun goes on:\n' +
      'watch it with `skypanel releases`, or push again.\n',
  )
}

await main()
