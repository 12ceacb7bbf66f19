import { networkInterfaces } from 'node:os'
import { platformFacts } from './facts.ts'
import { withHostLock } from './host-lock.ts'
import { runSteps, StepFailure, type Step } from './plan.ts'
import type { Reporter } from './reporter.ts'
import { known, supervisionOf, type SetupContext } from './setup-context.ts'
import { AFTER_CTRL_C, summary } from './summary.ts'
import { admin, adminToken } from './steps/admin.ts'
import { adminLink } from './steps/admin-link.ts'
import { native, stacks } from './steps/build-engine.ts'
import { command } from './steps/command.ts'
import { cluster, database } from './steps/database.ts'
import { folders } from './steps/folders.ts'
import { installation } from './steps/installation.ts'
import { keys } from './steps/keys.ts'
import { limits } from './steps/limits.ts'
import { login } from './steps/login.ts'
import { namespace } from './steps/namespace.ts'
import { packages } from './steps/packages.ts'
import { dataPlane, server, startBackground } from './steps/processes.ts'
import { registries } from './steps/registries.ts'
import { router } from './steps/router.ts'
import { sample } from './steps/sample.ts'
import { users } from './steps/users.ts'
import { version } from './steps/version.ts'

/** The steps of `npm start`; those named first begin first where several may. */
export const STEPS: readonly Step<SetupContext>[] = [
  packages('tools'),
  installation,
  registries,
  users,
  folders,
  namespace,
  limits,
  stacks,
  native,
  version,
  keys,
  packages('database'),
  packages('lxc'),
  cluster,
  router,
  database,
  dataPlane,
  server,
  admin,
  adminToken,
  adminLink,
  command,
  login,
  sample,
]

/** Brings the platform up. Resolves with whether it serves. */
export async function startPlatform(context: SetupContext, reporter: Reporter): Promise<boolean> {
  return await withHostLock(
    `start ${context.options.home}`,
    () => reporter.warn('another npm start works on this installation; waiting for it'),
    async () => {
      try {
        await runSteps(STEPS, context, reporter, { atOnce: 4, now: () => performance.now() })
        await startBackground(context)
      } catch (error) {
        reporter.close()
        if (!(error instanceof StepFailure)) throw error
        reporter.line(
          `\n✘ ${error.step} failed:\n\n${error.message}\n\nNothing is lost: mend the cause and run npm start again; it goes on where it stopped.`,
        )
        return false
      }
      reporter.close()
      announce(context, reporter)
      return true
    },
  )
}

function announce(context: SetupContext, reporter: Reporter): void {
  const { domain, ports } = known(context.installation, 'the installation')
  const facts = platformFacts(context)
  const input = {
    facts,
    domain,
    httpPort: ports.http,
    httpsPort: ports.https,
    command: context.options.command,
    sample: context.sample,
    addresses: publicAddresses(),
  }
  for (const line of summary(input)) reporter.line(line)
  // stdout holds data alone: the last line is for programs.
  if (context.options.json) process.stdout.write(`${JSON.stringify(facts)}\n`)
}

function publicAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all
    .filter(
      ({ internal, address }) =>
        !internal && !/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|fe80|f[cd])/i.test(address),
    )
    .map(({ address }) => address)
}

/** Stays until Ctrl-C, then stops the control plane and leaves everything that serves apps. */
export async function stayInForeground(context: SetupContext, reporter: Reporter): Promise<void> {
  reporter.line(
    'Ctrl-C stops the control plane; apps and routing go on. (npm start -- --detach returns at once.)',
  )
  await new Promise<void>((resolve) => {
    // Signals alone do not keep Node running.
    const idle = setInterval(() => undefined, 3_600_000)
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        clearInterval(idle)
        resolve()
      })
    }
  })
  const stopping =
    known(context.installation, 'the installation').database.kind === 'private'
      ? (['server', 'postgres', 'consul-build'] as const)
      : (['server', 'consul-build'] as const)
  const supervision = supervisionOf(context)
  const running = new Set((await supervision.status()).map(({ name }) => name))
  await supervision.stop(stopping.filter((name) => running.has(name)))
  reporter.line(AFTER_CTRL_C)
}
