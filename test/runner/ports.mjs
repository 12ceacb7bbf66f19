import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** One file for each installation on this machine (runtime/setup/steps/installation.ts). */
const CLAIMS = '/var/lib/skypanel-host/installations'

/** `count` ports that nobody has and no installation has claimed, of the range that installations choose from. */
export async function freePorts(count) {
  const taken = claimedPorts()
  const found = []
  for (let tries = 0; tries < 500 && found.length < count; tries += 1) {
    const port = 20_000 + randomInt(10_000)
    if (taken.has(port) || !(await isFree(port))) continue
    taken.add(port)
    found.push(port)
  }
  if (found.length < count) throw new Error('too few ports between 20000 and 29999 are free on this machine')
  return found
}

export function claims() {
  try {
    return readdirSync(CLAIMS)
      .filter((name) => /^[0-9a-f]{4}$/.test(name))
      .map((name) => JSON.parse(readFileSync(join(CLAIMS, name), 'utf8')))
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

const claimedPorts = () => new Set(claims().flatMap(({ ports }) => ports))

async function isFree(port) {
  const tcp = await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
  if (!tcp) return false
  return await new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve(true)))
  })
}
