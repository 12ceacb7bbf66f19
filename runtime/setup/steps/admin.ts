import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Step } from '../plan.ts'
import type { SetupContext } from '../setup-context.ts'
import { writeWhole } from '../stamp.ts'
import { serverCommand } from './database.ts'

const Reply = z.object({ email: z.string(), token: z.string(), password: z.string().nullish() })
const emailFile = (home: string) => join(home, 'keys', 'admin-email')

async function stored(context: SetupContext): Promise<SetupContext['admin']> {
  const token = await readFile(context.at.adminToken, 'utf8').catch(() => '')
  const email = await readFile(emailFile(context.options.home), 'utf8').catch(() => '')
  return token.trim() === '' || email.trim() === ''
    ? null
    : { email: email.trim(), tokenFile: context.at.adminToken, password: null }
}

/** The first account. Its token is told once, and kept where only root can read it. */
export const admin: Step<SetupContext> = {
  name: 'admin',
  after: ['database'],
  async needed(context) {
    context.admin = await stored(context)
    return context.admin === null
  },
  async apply(context) {
    const printed = await serverCommand(context, 'admin', '--email', context.options.email)
    const reply = Reply.parse(JSON.parse(printed.trim().split('\n').at(-1) ?? ''))
    await writeWhole(emailFile(context.options.home), `${reply.email}\n`, 0o600)
    await writeWhole(context.at.adminToken, `${reply.token}\n`, 0o600)
    context.admin = { email: reply.email, tokenFile: context.at.adminToken, password: reply.password ?? null }
  },
}
