import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SOCKET = '.s.PGSQL.5432'

/** A way to a database that can be shut and opened: to those who use it, the database stops and starts. */
export interface DatabaseGate extends AsyncDisposable {
  readonly url: string
  shut(): Promise<void>
  open(): Promise<void>
}

/** @param url of a database behind a unix socket, as `withDatabase` gives it */
export async function databaseGate(url: string): Promise<DatabaseGate> {
  const folder = await mkdtemp(join(tmpdir(), 'skypanel-gate-'))
  const behind = new URLSearchParams(url.slice(url.indexOf('?'))).get('host') ?? ''
  const sockets = new Set<Socket>()
  let server: Server | null = null
  const gate: DatabaseGate = {
    url: `${url.slice(0, url.indexOf('?'))}?host=${encodeURIComponent(folder)}`,
    async open() {
      const next = createServer((client) => {
        const database = connect(join(behind, SOCKET))
        for (const socket of [client, database]) {
          sockets.add(socket)
          socket.on('error', () => socket.destroy())
          socket.on('close', () => sockets.delete(socket))
        }
        client.pipe(database).pipe(client)
      })
      server = next
      await new Promise<void>((resolve) => next.listen(join(folder, SOCKET), resolve))
    },
    async shut() {
      const last = server
      server = null
      if (last === null) return
      const closed = new Promise<void>((resolve) => last.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    async [Symbol.asyncDispose]() {
      await gate.shut()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await gate.open()
  return gate
}
