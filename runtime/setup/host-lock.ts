import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A lock of the whole machine: an abstract socket, which the kernel gives to one process and takes back when that
 * process ends, however it ends. No file is left that could be stale.
 */
export async function withHostLock<T>(name: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  const server = createServer((socket) => socket.destroy())
  const address = `\0skypanel-${createHash('sha256').update(name).digest('hex').slice(0, 24)}`
  for (let told = false; ; ) {
    const taken = await new Promise<boolean>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' ? resolve(false) : reject(error)
      server.once('error', failed)
      server.listen(address, () => {
        server.off('error', failed)
        resolve(true)
      })
    })
    if (taken) break
    if (!told) waiting()
    told = true
    await sleep(100)
  }
  server.unref()
  try {
    return await work()
  } finally {
    server.close()
  }
}
