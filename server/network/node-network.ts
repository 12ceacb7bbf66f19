import type { AppNetwork } from '../contract/network.ts'
import { readEgressRule } from '../domain/egress.ts'
import type { NetworkRow } from '../store/networks.ts'

/** A row as its node takes it. An entry that cannot be read any more opens nothing. */
export const nodeNetwork = ({ app_id, egress, allow, revision, links }: NetworkRow): AppNetwork => ({
  app: app_id,
  revision,
  egress: {
    policy: egress,
    rules: allow.flatMap((entry) => {
      const read = readEgressRule(entry)
      return read.ok ? [read.rule] : []
    }),
  },
  links: [...links],
})
