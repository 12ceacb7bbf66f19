import { formationEndpoints, type Instance } from '../../../server/contract/formation.ts'
import { runEndpoints } from '../../../server/contract/runs.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT, Quit } from '../../exit.ts'
import { attach } from '../run/attach.ts'
import { commandLine } from '../run/command-line.ts'
import { windowSize } from '../run/window-size.ts'
import { takeInstance } from './take-instance.ts'

/** The first web instance that is up, else the first of any type. */
export function defaultInstance(instances: readonly Instance[]): string | null {
  const up = instances
    .filter(({ state }) => state === 'ready')
    .toSorted(
      (a, b) =>
        Number(b.type === 'web') - Number(a.type === 'web') ||
        a.name.localeCompare(b.name, 'en', { numeric: true }),
    )
  return up[0]?.name ?? null
}

export const execInside: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const { instance: named, words } = takeInstance(input.args, input.text('dyno'))
  const instance = named ?? defaultInstance(await api.call(formationEndpoints.instances, { params: { app } }))
  if (instance === null)
    throw new CliError('conflict', `${app} has no instance that is up.`, {
      hint: `See what it does: skypanel ps --app ${app}. A fresh one of its own: skypanel run bash`,
      exit: EXIT.mistake,
    })
  const pty = process.stdin.isTTY && process.stdout.isTTY && !input.isOff('tty')
  const exec = await api.call(runEndpoints.exec, {
    params: { app, instance },
    body: {
      command: words.length === 0 ? null : commandLine(words),
      pty: pty ? windowSize() : null,
      env: pty ? { TERM: cli.environment.term } : {},
    },
  })
  if (api.token === undefined)
    throw new CliError('bad_reply', 'A command inside an instance needs a login.', { exit: EXIT.ours })
  if (process.stderr.isTTY) cli.say(`Inside ${exec.instance} of ${app}`)
  const { origin, token } = api
  const code = await attach({ origin, token, path: exec.attach_path, name: exec.instance, pty })
  throw new Quit(code)
}
