import { chmod, chown, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { caddyConfig, localRootCertificate } from '../../command/caddy-config.ts'
import { run } from '../../exec.ts'
import { users } from '../../installation.ts'
import { account } from '../accounts.ts'
import { caddyProgram } from '../caddy-program.ts'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'
import { writeWhole } from '../stamp.ts'

export const caddyFile = (caddy: string) => join(caddy, 'caddy.json')

async function wanted(context: SetupContext): Promise<string> {
  const installation = known(context.installation, 'the installation')
  const config = caddyConfig({
    installation,
    folder: context.at.caddy,
    adminSocket: context.at.caddyAdmin,
    version: await run([await caddyProgram(), 'version']),
    acme: {
      directory: context.env['SKYPANEL_ACME_DIRECTORY'] ?? null,
      email: context.options.email.endsWith('.localhost') ? null : context.options.email,
      roots: context.env['SKYPANEL_ACME_ROOTS'] ?? null,
    },
  })
  return `${JSON.stringify(config, null, 2)}\n`
}

/** Caddy's configuration knows no app, so it is written here and changes only with ports and domain. */
export const router: Step<SetupContext> = {
  name: 'router configuration',
  after: ['folders', 'packages'],
  needed: async (context) =>
    (await readFile(caddyFile(context.at.caddy), 'utf8').catch(() => '')) !== (await wanted(context)),
  async apply(context) {
    const owner = await account(users(known(context.installation, 'the installation').id).caddy)
    await writeWhole(caddyFile(context.at.caddy), await wanted(context))
    await chown(caddyFile(context.at.caddy), owner.uid, owner.gid)
    await chmod(caddyFile(context.at.caddy), 0o640)
  },
}

/** Where anyone on this machine can read the certificate that browsers and curl have to be told of. */
export const publicRoot = (home: string) => join(home, 'ca.pem')

export async function publishRoot(context: SetupContext): Promise<string | null> {
  if (known(context.installation, 'the installation').domain !== null) return null
  const text = await readFile(localRootCertificate(context.at.caddy), 'utf8').catch(() => null)
  if (text === null) return null
  const file = publicRoot(context.options.home)
  if ((await readFile(file, 'utf8').catch(() => null)) !== text) await writeWhole(file, text, 0o644)
  return file
}
