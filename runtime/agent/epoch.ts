import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { AgentError } from './agent-error.ts'
import { writeWhole } from './write-file.ts'

const Stored = z.object({ epoch: z.number().int().nonnegative() })

/** The highest epoch that ever gave an order, kept over restarts: a server that was stopped and resumes does nothing. */
export interface Fence {
  current(): number
  /** Takes note of an order's epoch; throws `stale_epoch` if a newer server has spoken. */
  admit(epoch: number): void
}

export function openFence(file: string): Fence {
  let highest = existsSync(file) ? Stored.parse(JSON.parse(readFileSync(file, 'utf8'))).epoch : 0
  return {
    current: () => highest,
    admit(epoch) {
      if (epoch < highest)
        throw new AgentError(
          'stale_epoch',
          `This order is of epoch ${epoch}, but a newer server has taken over (epoch ${highest}).`,
        )
      if (epoch === highest) return
      mkdirSync(dirname(file), { recursive: true })
      writeWhole(file, JSON.stringify({ epoch } satisfies z.infer<typeof Stored>))
      highest = epoch
    },
  }
}
