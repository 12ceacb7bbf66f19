import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accountIn, type Account } from '../accounts.ts'
import { tryRun } from '../../exec.ts'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'
import { hasStamp, stamp } from '../stamp.ts'

/** The address of API, git and dashboard, as clients type it. Never an app's origin. */
export function panelOrigin(context: SetupContext): string {
  const { domain, ports } = known(context.installation, 'the installation')
  if (domain === null) return `http://localhost:${ports.panel}`
  return `https://panel.${domain}${ports.https === 443 ? '' : `:${ports.https}`}`
}

/** On this machine it is always there, whatever DNS says. */
export const localOrigin = (context: SetupContext) =>
  `http://localhost:${known(context.installation, 'the installation').ports.panel}`

/** The one who typed `npm start`: sudo names them, else it is root. Pure. */
export function caller(passwd: string, env: SetupContext['env']): { account: Account; home: string } {
  const name = env['SUDO_USER'] ?? 'root'
  const found = accountIn(passwd, name) ?? { name: 'root', uid: 0, gid: 0 }
  const home = passwd
    .split('\n')
    .find((line) => line.startsWith(`${found.name}:`))
    ?.split(':')[5]
  return { account: found, home: found.uid === 0 ? (env['HOME'] ?? '/root') : (home ?? '/root') }
}

/** Logs the command line in for whoever ran `npm start`, once; who logged out since stays logged out. */
export const login: Step<SetupContext> = {
  name: 'login',
  after: ['admin token', 'server', 'version'],
  needed: async (context) =>
    context.options.command && !(await hasStamp(context.options.home, 'login', localOrigin(context))),
  async apply(context) {
    const { node, folder } = known(context.version, 'the installed version')
    const { account, home } = caller(await readFile('/etc/passwd', 'utf8'), context.env)
    const token = await readFile(known(context.admin, 'the admin').tokenFile, 'utf8')
    const ran = await tryRun(
      [node, join(folder, 'cli/skypanel.cjs'), 'login', '--host', localOrigin(context), '--token-stdin'],
      {
        uid: account.uid,
        gid: account.gid,
        cwd: '/',
        env: {
          HOME: home,
          ...(context.env['XDG_CONFIG_HOME'] === undefined
            ? {}
            : { XDG_CONFIG_HOME: context.env['XDG_CONFIG_HOME'] }),
        },
        input: token,
      },
    )
    if (ran.code !== 0)
      throw new Error(`skypanel login failed: ${(ran.stderr.trim() || ran.stdout.trim()).slice(-1000)}`)
    await stamp(context.options.home, 'login', localOrigin(context))
  },
}
