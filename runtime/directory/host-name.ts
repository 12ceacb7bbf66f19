import { ROUTE_ZONE } from '../../server/contract/directory.ts'

const SUFFIX = `.${ROUTE_ZONE}`

/** `shop.example.com:8080.` → `shop.example.com`: how host names are written in our tables. */
export function normalHost(host: string): string {
  const lower = host.trim().toLowerCase()
  const withoutPort = lower.startsWith('[') ? lower : lower.replace(/:\d*$/, '')
  return withoutPort.replace(/\.+$/, '')
}

/** The host that a name in the zone stands for; null for every name outside of the zone. */
export function hostOfRoute(name: string): string | null {
  const lower = name.toLowerCase().replace(/\.$/, '')
  if (lower === ROUTE_ZONE) return ''
  return lower.endsWith(SUFFIX) ? normalHost(lower.slice(0, -SUFFIX.length)) : null
}
