import { createInterface } from 'node:readline'
import { z } from 'zod'
import { untilReady } from './probe.ts'

/**
 * The prober's process: it talks to apps, so it is not root. One JSON document a line on stdin,
 * `{watch, address, port, path}` or `{cancel}`; `{"ready": id}` on stdout. Ends with its stdin.
 */
const Order = z.union([
  z.object({ watch: z.string(), address: z.string(), port: z.number(), path: z.string().nullable() }),
  z.object({ cancel: z.string() }),
])

const watched = new Map<string, AbortController>()

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = Order.parse(JSON.parse(line))
    if ('cancel' in order) {
      watched.get(order.cancel)?.abort()
      watched.delete(order.cancel)
      return
    }
    const controller = new AbortController()
    watched.set(order.watch, controller)
    void untilReady(order, controller.signal).then((ready) => {
      if (ready) process.stdout.write(`${JSON.stringify({ ready: order.watch })}\n`)
      watched.delete(order.watch)
    })
  })
  .on('close', () => process.exit(0))
