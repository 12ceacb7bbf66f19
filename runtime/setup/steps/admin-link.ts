import { z } from 'zod'
import { WELCOME_PATH } from '../../../server/contract/sessions.ts'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'
import { hasStamp, stamp } from '../stamp.ts'
import { serverCommand } from './database.ts'
import { panelOrigin } from './login.ts'

const Reply = z.object({ code: z.string() })

/** The code stands in the fragment, which browsers send to nobody: no log of any server or proxy holds it. */
export const linkTo = (origin: string, code: string): string => `${origin}${WELCOME_PATH}#${code}`

/** The first admin's way into the dashboard: told by the first start, and by `npm start -- --admin-link`. */
export const adminLink: Step<SetupContext> = {
  name: 'admin link',
  after: ['admin', 'server'],
  needed: async ({ options }) => options.adminLink || !(await hasStamp(options.home, 'admin-link', 'told')),
  async apply(context) {
    const { email } = known(context.admin, 'the admin')
    const printed = await serverCommand(context, 'admin-link', '--email', email)
    const { code } = Reply.parse(JSON.parse(printed.trim().split('\n').at(-1) ?? ''))
    context.adminLink = linkTo(panelOrigin(context), code)
    await stamp(context.options.home, 'admin-link', 'told')
  },
}
