import { parseArgs } from 'node:util'
import { ensureNamespace } from './mount-namespace.ts'

/** `namespace.js --home H`: what the systemd unit runs after a boot, before the agent. */
const { values } = parseArgs({ options: { home: { type: 'string' } } })
if (values.home === undefined) throw new Error('usage: namespace.js --home <folder>')
await ensureNamespace(values.home)
