import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** Whether an address of the own machine is meant, which no proxy can reach. */
export function isLoopback(hostname: string): boolean {
  return isLocalhost(hostname) || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === '[::1]'
}

/** RFC 6761 reserves these names for the own machine, but neither Node nor libc resolves the ones with dots. */
export function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost')
}

/** A `lookup` for sockets that answers localhost names itself and leaves all others to the system. */
export const lookupLoopback: LookupFunction = (
  hostname: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
): void => {
  if (!isLocalhost(hostname)) {
    lookup(hostname, options, callback)
    return
  }
  // The platform listens on IPv4; trying ::1 first would cost a refused connection.
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
  else callback(null, '127.0.0.1', 4)
}
