import { createSocket } from 'node:dgram'
import { randomInt } from 'node:crypto'
import { connect, isIPv6 } from 'node:net'
import { answers, withId, type Query } from './dns.ts'
import { frame, frames } from './tcp-frame.ts'
import type { Resolver } from './resolvers.ts'

const ATTEMPT_MS = 1500
const ROUNDS = 2
const MAX_OPEN = 2000

export type Transport = 'udp' | 'tcp'
export type Forward = (packet: Uint8Array, query: Query, transport: Transport) => Promise<Buffer | null>

/**
 * Asks the machine's resolvers one after the other, twice, with 1.5 s for each. null: none answered. The answer is
 * passed on as it is; one that was cut off makes the client come back over TCP.
 */
export function openForwarder(resolvers: () => Promise<readonly Resolver[]>): Forward {
  let open = 0
  return async (packet, query, transport) => {
    if (open >= MAX_OPEN) return null
    open += 1
    try {
      const list = await resolvers()
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const resolver of list) {
          const id = randomInt(0x10000)
          const ask = transport === 'udp' ? askUdp : askTcp
          const reply = await ask(resolver, withId(packet, id), (bytes) => answers(bytes, packet, query, id))
          if (reply !== null) return withId(reply, query.id)
        }
      }
      return null
    } finally {
      open -= 1
    }
  }
}

type Ask = (resolver: Resolver, packet: Buffer, fits: (reply: Buffer) => boolean) => Promise<Buffer | null>

/** A socket for each question: its port is random then, which together with the id keeps forged answers out. */
const askUdp: Ask = (resolver, packet, fits) =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(resolver.address.split('%')[0] ?? '') ? 'udp6' : 'udp4')
    let ended = false
    function end(reply: Buffer | null) {
      if (ended) return
      ended = true
      clearTimeout(timer)
      socket.close()
      resolve(reply)
    }
    const timer = setTimeout(end, ATTEMPT_MS, null)
    socket.on('error', () => end(null))
    socket.on('message', (reply) => {
      if (fits(reply)) end(reply)
    })
    // Connected, so that a closed port is told at once and nobody else's packets come in.
    socket.connect(resolver.port, resolver.address, (error?: Error) => {
      if (error) end(null)
      else if (!ended) socket.send(packet)
    })
  })

const askTcp: Ask = (resolver, packet, fits) =>
  new Promise((resolve) => {
    const socket = connect({ host: resolver.address, port: resolver.port })
    const timer = setTimeout(() => socket.destroy(), ATTEMPT_MS)
    let reply: Buffer | null = null
    const read = frames((message) => {
      if (!fits(message)) return
      reply = message
      socket.destroy()
    })
    socket.on('connect', () => socket.write(frame(packet)))
    socket.on('data', (data) => {
      if (!read(data)) socket.destroy()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(reply)
    })
  })
