import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'
import { writeWhole } from '../stamp.ts'
import { serverCommand } from './database.ts'
import { localOrigin } from './login.ts'

const Reply = z.object({ email: z.string(), token: z.string() })
const emailFile = (home: string) => join(home, 'keys', 'admin-email')

async function stored(context: SetupContext): Promise<SetupContext['admin']> {
  const token = await readFile(context.at.adminToken, 'utf8').catch(() => '')
  const email = await readFile(emailFile(context.options.home), 'utf8').catch(() => '')
  return token.trim() === '' || email.trim() === ''
    ? null
    : { email: email.trim(), tokenFile: context.at.adminToken }
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
    await makeToken(context)
  },
}

/** Whoever changes the admin's password ends its tokens, this machine's own among them. */
export const adminToken: Step<SetupContext> = {
  name: 'admin token',
  after: ['admin', 'server'],
  async needed(context) {
    const token = await readFile(known(context.admin, 'the admin').tokenFile, 'utf8')
    const reply = await fetch(`${localOrigin(context).replace('localhost', '127.0.0.1')}/api/account`, {
      headers: { authorization: `Bearer ${token.trim()}` },
      signal: AbortSignal.timeout(10_000),
    })
    return reply.status === 401
  },
  apply: makeToken,
}

async function makeToken(context: SetupContext): Promise<void> {
  const { email } = context.admin ?? context.options
  const printed = await serverCommand(context, 'admin', '--email', email)
  const reply = Reply.parse(JSON.parse(printed.trim().split('\n').at(-1) ?? ''))
  await writeWhole(emailFile(context.options.home), `${reply.email}\n`, 0o600)
  await writeWhole(context.at.adminToken, `${reply.token}\n`, 0o600)
  context.admin = { email: reply.email, tokenFile: context.at.adminToken }
}
