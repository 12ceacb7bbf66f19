import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { tryRun } from '../exec.ts'

/** Whether a port can be bound now, for TCP and UDP alike. */
export async function isFree(port: number, address = '127.0.0.1'): Promise<boolean> {
  return (await bindsTcp(port, address)) && (await bindsUdp(port, address))
}

async function bindsTcp(port: number, address: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

async function bindsUdp(port: number, address: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind({ port, address, exclusive: true }, () => {
      socket.close()
      resolve(true)
    })
  })
}

/** The program and pid in a line of `ss -Hltnp`, or null. Pure. */
export function holderIn(text: string): { program: string; pid: number } | null {
  const match = /users:\(\("([^"]+)",pid=(\d+)/.exec(text)
  return match?.[1] === undefined ? null : { program: match[1], pid: Number(match[2]) }
}

/** Who listens on a port. */
export async function portHolder(port: number): Promise<{ program: string; pid: number } | null> {
  const ran = await tryRun(['ss', '-Hltunp', `sport = :${port}`])
  return ran.code === 0 ? holderIn(ran.stdout) : null
}

/** The sentence for a port that somebody else has. */
export function busyPortMessage(
  flag: string,
  port: number,
  holder: { program: string; pid: number } | null,
  free: number,
): string {
  const who = holder === null ? 'another process' : `${holder.program} (pid ${holder.pid})`
  return `Port ${port} is in use by ${who}. Stop it, or choose another: npm start -- ${flag} ${free}`
}
