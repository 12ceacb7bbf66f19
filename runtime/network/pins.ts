import { z } from 'zod'

/** Host → address → when it was last told, ms. */
export const Pins = z.record(z.string(), z.record(z.string(), z.number()))
export type Pins = z.infer<typeof Pins>

/** ms that an address stays open after its name was last said to lead there: clients keep connections and answers. */
const KEEP = 600_000

/**
 * Pins after a look at the names: what was found now is in, what was not for ten minutes is out, and names that nobody
 * wants go. A name that was not answered at all keeps what it had: its resolver may be away. Pure.
 */
export function renewPins(
  pins: Pins,
  wanted: readonly string[],
  found: Readonly<Record<string, readonly string[]>>,
  now: number,
): Pins {
  return Object.fromEntries(
    wanted.map((host) => {
      const before = Object.entries(pins[host] ?? {})
      const fresh = found[host] ?? []
      const kept = fresh.length === 0 ? before : before.filter(([, seen]) => seen > now - KEEP)
      return [host, { ...Object.fromEntries(kept), ...Object.fromEntries(fresh.map((one) => [one, now])) }]
    }),
  )
}

export const addressesOf = (pins: Pins, host: string): string[] => Object.keys(pins[host] ?? {}).toSorted()
