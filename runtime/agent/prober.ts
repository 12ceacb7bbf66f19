import { createInterface } from 'node:readline'
import { z } from 'zod'
import { keepAsking, Pace, Target, untilReady } from './probe.ts'

/**
 * The prober's process: it talks to apps, so it is not root. One JSON document a line on stdin: `watch` asks until the
 * answer is good, `check` again and again; `{cancel}` ends either. On stdout `{"ready": id}` once, and
 * `{"check": id, "ok", "why"}` at each change. Ends with its stdin.
 */
const Order = z.union([
  z.object({ watch: z.string(), target: Target }),
  z.object({ check: z.string(), target: Target, pace: Pace, ok: z.boolean() }),
  z.object({ cancel: z.string() }),
])

const asked = new Map<string, AbortController>()
const say = (word: object) => void process.stdout.write(`${JSON.stringify(word)}\n`)

function begin(id: string): AbortSignal {
  asked.get(id)?.abort()
  const controller = new AbortController()
  asked.set(id, controller)
  return controller.signal
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = Order.parse(JSON.parse(line))
    if ('cancel' in order) {
      asked.get(order.cancel)?.abort()
      asked.delete(order.cancel)
    } else if ('watch' in order) {
      const id = order.watch
      void untilReady(order.target, begin(id)).then((ready) => {
        if (!ready) return
        say({ ready: id })
        asked.delete(id)
      })
    } else {
      const { check, target, pace, ok } = order
      void keepAsking(target, pace, ok, begin(check), (good, why) => say({ check, ok: good, why }))
    }
  })
  .on('close', () => process.exit(0))
