import { chmod, chown, readFile } from 'node:fs/promises'
import { request } from 'node:http'
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
    const config = await wanted(context)
    // Told first: killed in between, the next run finds the old file and tells it again.
    await tellCaddy(context.at.caddyAdmin, config)
    await writeWhole(caddyFile(context.at.caddy), config)
    await chown(caddyFile(context.at.caddy), owner.uid, owner.gid)
    await chmod(caddyFile(context.at.caddy), 0o640)
  },
}

/** A Caddy that runs takes the new configuration without losing a request; one that does not will read the file. */
async function tellCaddy(socketPath: string, config: string): Promise<void> {
  const answer = await new Promise<{ status: number; text: string } | null>((resolve, reject) => {
    const asking = request(
      {
        socketPath,
        method: 'POST',
        path: '/load',
        setHost: false,
        // The only host that every version of Caddy takes from a unix socket.
        headers: { host: '', 'content-type': 'application/json' },
        timeout: 30_000,
      },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        reply.on('error', reject)
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }))
      },
    )
    asking.on('timeout', () => asking.destroy(new Error('Caddy does not answer within 30 s')))
    asking.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'ECONNREFUSED' ? resolve(null) : reject(error),
    )
    asking.end(config)
  })
  if (answer !== null && answer.status !== 200)
    throw new Error(`Caddy refuses its new configuration (${answer.status}): ${answer.text.slice(0, 500)}`)
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
