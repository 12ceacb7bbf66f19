import chalk from 'chalk'
import type { SetupContext } from '../setup/setup-context.ts'
import { fail, type Check, type Finding } from './check.ts'
import { accounts, permissions } from './checks/accounts.ts'
import { api, orphans, routes, storeRoots } from './checks/invariants.ts'
import { volumes } from './checks/volumes.ts'
import { cgroups, firewall, overlay, userNamespaces } from './checks/kernel.ts'
import { ports } from './checks/ports.ts'
import { collisions, mountNamespace, processes } from './checks/processes.ts'
import { clock, disk, memory, node } from './checks/resources.ts'

export const CHECKS: readonly Check[] = [
  node,
  userNamespaces,
  overlay,
  firewall,
  cgroups,
  disk,
  memory,
  clock,
  ports,
  accounts,
  permissions,
  collisions,
  mountNamespace,
  processes,
  orphans,
  storeRoots,
  volumes,
  routes,
  api,
]

export type Result = Finding & { readonly name: string }

const SIGN = { ok: chalk.green('✔'), warn: chalk.yellow('!'), fail: chalk.red('✘') } as const

/** A table for people. Pure. */
export function report(results: readonly Result[]): string[] {
  const width = Math.max(...results.map(({ name }) => name.length))
  return results.flatMap((result) => [
    `${SIGN[result.level]} ${result.name.padEnd(width)}  ${result.detail}`,
    ...(result.level === 'ok' ? [] : [`  ${' '.repeat(width)}  → ${result.advice}`]),
  ])
}

/** Checks the machine, and the platform where there is one. Exit code: 1 when something fails. */
export async function doctor(context: SetupContext, json: boolean): Promise<number> {
  const installed = context.installation !== null && context.version !== null && context.registries !== null
  const chosen = CHECKS.filter(({ about }) => about === 'machine' || installed)
  const results = await Promise.all(
    chosen.map(async (check): Promise<Result> => {
      // A check that breaks has found something, too.
      const finding = await check
        .run(context)
        .catch((error: unknown) =>
          fail(error instanceof Error ? error.message : String(error), 'Type: npm start'),
        )
      return { name: check.name, ...finding }
    }),
  )
  if (json) process.stdout.write(`${JSON.stringify(results)}\n`)
  else for (const line of report(results)) process.stdout.write(`${line}\n`)
  if (!json && !installed)
    process.stdout.write(
      `\nThere is no installation in ${context.options.home}; only the machine was checked.\n`,
    )
  return results.some(({ level }) => level === 'fail') ? 1 : 0
}
