import { once } from 'node:events'
import { chmod, mkdir, rm } from 'node:fs/promises'
import type { Server } from 'node:net'
import { dirname } from 'node:path'

/**
 * Listens on a unix socket that the group may use, in a folder that only owner and group may enter. What a killed
 * predecessor left there is removed first: one process of a kind runs at a time, which its supervisor sees to.
 */
export async function listenUnix(server: Server, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 })
  await rm(path, { force: true })
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o660)
}

export async function listenTcp(server: Server, address: string, port: number): Promise<void> {
  server.listen(port, address)
  try {
    await once(server, 'listening')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const why = code === 'EADDRINUSE' ? 'another process listens there' : String(error)
    throw new Error(`cannot listen on ${address}:${port}: ${why}`, { cause: error })
  }
}
