import { z } from 'zod'
import { type BuildPlan, CronEntry } from '../../buildpacks/plan.ts'
import { parseCron } from '../domain/cron.ts'
import { SIZES, sizeName } from '../domain/sizes.ts'

const Entries = z.array(CronEntry).nullable().catch(null)

/** The schedule that a build's plan carries; what nobody can read is none. */
export const entriesOf = (cron: unknown): readonly CronEntry[] => Entries.parse(cron ?? null) ?? []

/** What is wrong with a plan's schedule; null: nothing. Before anything is built of it. */
export function faultInSchedule(plan: BuildPlan): { readonly message: string; readonly hint: string } | null {
  for (const { schedule, size, command, from } of plan.release.cron ?? []) {
    const parsed = parseCron(schedule)
    if (!parsed.ok)
      return {
        message: `${from}: the schedule of \`${command.slice(0, 60)}\` cannot be understood: ${parsed.message}`,
        hint: 'As in "*/10 * * * *", "0 3 * * mon-fri" or "@daily". Times are UTC.',
      }
    if (size !== null && sizeName(size) === null)
      return {
        message: `${from}: there is no size "${size.slice(0, 30)}"`,
        hint: `There are: ${Object.keys(SIZES).join(', ')}.`,
      }
  }
  return null
}
