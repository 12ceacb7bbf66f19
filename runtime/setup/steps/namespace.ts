import { ensureNamespace, hasNamespace } from '../../supervisor/mount-namespace.ts'
import type { Step } from '../plan.ts'
import type { SetupContext } from '../setup-context.ts'

/** Gone after each reboot; made again here, and under systemd by a unit of its own. */
export const namespace: Step<SetupContext> = {
  name: 'mount namespace',
  after: ['folders'],
  needed: async ({ options }) => !(await hasNamespace(options.home)),
  apply: async ({ options }) => await ensureNamespace(options.home),
}
