import { z } from 'zod'

/** What an instance may run in; which of them a node has, it tells itself. */
export const DriverName = z.enum(['nspawn', 'lxc', 'fake'])
export type DriverName = z.infer<typeof DriverName>
