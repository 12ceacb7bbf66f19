import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Registries } from '../registries.ts'
import { InventoryUnreachable } from './inventory.ts'

/** What the machine's Go module proxy knows of Go's own toolchains. */
export interface GoProxy {
  /** Versions as Go writes them, without pre-releases. */
  list(now: number): Promise<{ versions: readonly string[]; staleSince: number | null }>
  /** The h1 of a toolchain, as the checksum database has it. */
  hash(version: string): Promise<string>
}

const Cached = z.object({ proxy: z.string(), fetchedAt: z.number(), versions: z.array(z.string()) })
const FRESH_MS = 60 * 60 * 1000
const TIMEOUT_MS = 20_000
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** `GOPROXY` is a list; of it only what has an address can be asked for toolchains. */
export function firstProxy(setting: string | null): string | null {
  const found = (setting ?? '').split(/[,|]/).find((one) => /^https?:\/\//.test(one.trim()))
  return found === undefined ? null : found.trim().replace(/\/+$/, '')
}

/** Null where the machine's Go names no proxy or no checksum database: then nothing can be checked. */
export function goProxy(go: Registries['go'], cacheFolder: string, architecture: string): GoProxy | null {
  const proxy = firstProxy(go.proxy)
  const sumdb = (go.sumdb ?? '').trim().split(/[+\s]/)[0] ?? ''
  const platform = `linux-${ARCHITECTURES[architecture] ?? architecture}`
  if (proxy === null || sumdb === '' || sumdb === 'off') return null
  const file = join(cacheFolder, 'go-toolchains.json')
  return {
    async list(now) {
      const known = await readCache(file, proxy)
      if (known !== null && now >= known.fetchedAt && now - known.fetchedAt < FRESH_MS)
        return { versions: known.versions, staleSince: null }
      let text: string
      try {
        text = await ask(`${proxy}/golang.org/toolchain/@v/list`)
      } catch (cause) {
        if (known !== null) return { versions: known.versions, staleSince: known.fetchedAt }
        throw unreachable('which versions of Go there are', cause)
      }
      const versions = toolchains(text, platform)
      await keep(cacheFolder, file, { proxy, fetchedAt: now, versions })
      return { versions, staleSince: null }
    },
    async hash(version) {
      const name = `golang.org/toolchain@v0.0.1-go${version}.${platform}`
      let text: string
      try {
        text = await ask(`${proxy}/sumdb/${sumdb}/lookup/${name}`)
      } catch (cause) {
        throw unreachable(`the hash of Go ${version}`, cause)
      }
      const found = text.split('\n').find((line) => line.startsWith(`${name.replace('@', ' ')} h1:`))
      const hash = found?.split(' ')[2]
      if (hash === undefined)
        throw unreachable(`the hash of Go ${version}`, new Error('it is not in the answer'))
      return hash
    },
  }
}

/** From `v0.0.1-go1.24.3.linux-amd64` and its like. Pure. */
export function toolchains(list: string, platform: string): string[] {
  return list.split('\n').flatMap((line) => {
    const match = /^v0\.0\.1-go(\d+\.\d+(?:\.\d+)?)\.(\w+-\w+)$/.exec(line.trim())
    return match?.[2] === platform && match[1] !== undefined ? [match[1]] : []
  })
}

async function ask(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
  return answer.text()
}

function unreachable(what: string, cause: unknown): InventoryUnreachable {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new InventoryUnreachable(`The Go module proxy did not say ${what}: ${reason}`, { cause })
}

async function readCache(file: string, proxy: string): Promise<z.infer<typeof Cached> | null> {
  try {
    const cached = Cached.parse(JSON.parse(await readFile(file, 'utf8')))
    return cached.proxy === proxy ? cached : null
  } catch {
    // Absent or written by another version: the proxy knows better.
    return null
  }
}

async function keep(folder: string, file: string, cached: z.infer<typeof Cached>): Promise<void> {
  await mkdir(folder, { recursive: true })
  const temporary = `${file}.${process.pid}.${performance.now()}.tmp`
  await writeFile(temporary, JSON.stringify(cached))
  await rename(temporary, file)
}
