import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'

export interface Resolver {
  readonly address: string
  readonly port: number
}

/** The name servers of a resolv.conf, in order. Without any the local machine's is the default, as in the C library. */
export function parseResolvers(text: string): Resolver[] {
  const found = text.split('\n').flatMap((line) => {
    const [word, address] = line.trim().split(/\s+/)
    if (word !== 'nameserver' || address === undefined) return []
    return isIP(address.split('%')[0] ?? '') === 0 ? [] : [{ address, port: 53 }]
  })
  return found.length > 0 ? found : [{ address: '127.0.0.1', port: 53 }]
}

/** Reads the file again when it has changed, which DHCP clients and VPNs do at any time. */
export function machineResolvers(path = '/etc/resolv.conf'): () => Promise<readonly Resolver[]> {
  let seen = ''
  let resolvers: readonly Resolver[] = parseResolvers('')
  return async () => {
    try {
      const { mtimeMs, size, ino } = await stat(path)
      const version = `${mtimeMs} ${size} ${ino}`
      if (version !== seen) {
        resolvers = parseResolvers(await readFile(path, 'utf8'))
        seen = version
      }
    } catch {
      // Replaced at this moment, or gone: the last ones are the best guess.
      return resolvers
    }
    return resolvers
  }
}
