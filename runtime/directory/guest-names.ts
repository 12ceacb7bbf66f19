import { APP_ZONE, type NetworkTable } from '../../server/contract/directory.ts'

/** Addresses (none: the name exists), `absent`, or `forward`: ask the machine's resolvers. */
export type GuestAnswer = readonly string[] | 'absent' | 'forward'

interface Seat {
  readonly app: string
  readonly name: string
  readonly type: string
}

/**
 * What an instance is told of names, by its address. `TYPE.APP.internal` are the ready instances of that process type:
 * of the own app any type, of a linked app `web`; all else below `.internal` of that form does not exist for it. An app
 * that may not reach everything learns nothing of other public names either, or it would send data out in questions.
 */
export function guestNames(tables: readonly NetworkTable[]): (address: string, name: string) => GuestAnswer {
  const seats = new Map<string, Seat>()
  const addresses = new Map<string, string[]>()
  const known = new Set<string>()
  const links = new Map<string, readonly string[]>()
  const restricted = new Map<string, ReadonlySet<string>>()
  const pins = new Map<string, string[]>()
  for (const table of tables) {
    for (const { address, app, name, type, ready } of table.guests) {
      seats.set(address, { app, name, type })
      const key = `${type}.${app}`
      known.add(key)
      if (ready) addresses.set(key, [...(addresses.get(key) ?? []), address])
    }
    for (const [app, others] of Object.entries(table.links)) links.set(app, others)
    for (const [app, hosts] of Object.entries(table.restricted)) restricted.set(app, new Set(hosts))
    for (const [host, found] of Object.entries(table.pins))
      pins.set(host, [...new Set([...(pins.get(host) ?? []), ...found])])
  }
  const names = new Map([...seats.values()].map(({ app, name }) => [name, app]))

  function ofApp(seat: Seat | undefined, type: string, name: string): GuestAnswer {
    const app = names.get(name)
    if (seat === undefined || app === undefined) return 'absent'
    const linked = type === 'web' && links.get(seat.app)?.includes(app) === true
    if (app !== seat.app && !linked) return 'absent'
    const key = `${type}.${app}`
    return known.has(key) ? (addresses.get(key) ?? []) : 'absent'
  }

  return (address, name) => {
    const seat = seats.get(address)
    const [type = '', app = '', zone, ...more] = name.split('.')
    if (zone === APP_ZONE && more.length === 0) return ofApp(seat, type, app)
    const hosts = seat === undefined ? undefined : restricted.get(seat.app)
    if (hosts === undefined) return 'forward'
    return hosts.has(name) ? (pins.get(name) ?? 'absent') : 'absent'
  }
}
