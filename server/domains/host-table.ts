import type { HostTable } from '../contract/directory.ts'
import { appHost, type Reach } from '../domain/hostname.ts'
import type { HostedApp } from '../store/domains.ts'

/** Every host that reaches an app. Pure; the same rows give the same document. */
export function hostTable(
  apps: readonly HostedApp[],
  reach: Pick<Reach, 'domain'>,
  epoch: number,
): HostTable {
  const hosts: HostTable['hosts'] = {}
  for (const { id, name, maintenance, expects, hostnames } of apps) {
    for (const host of [appHost(name, reach), ...hostnames])
      hosts[host] = { app: id, name, maintenance, expects }
  }
  return { complete: true, epoch, hosts }
}
