import { runEndpoints } from '../../../server/contract/runs.ts'
import type { Cli } from '../../cli.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT, Quit } from '../../exit.ts'
import type { Input } from '../../input.ts'
import { windowSize } from './window-size.ts'
import { attach } from './attach.ts'
import { commandLine } from './command-line.ts'

function wantsPty(input: Input): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && !input.isOff('tty')
}

async function create(cli: Cli, input: Input, attached: boolean, pty: boolean) {
  const app = await cli.app()
  const api = await cli.api()
  const size = input.text('size')
  const run = await api.call(runEndpoints.create, {
    params: { app },
    body: {
      command: commandLine(input.args),
      attach: attached,
      pty: pty ? windowSize() : null,
      ...(size === undefined ? {} : { size }),
      env: { ...parseEnv(input.text('env')), ...(pty ? { TERM: cli.environment.term } : {}) },
    },
  })
  return { api, app, run }
}

/** `A=1;B=2`, as `heroku run --env` takes it. */
export function parseEnv(text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(';').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 1)
        throw new CliError('usage', '--env looks like "NAME=value;OTHER=value".', { exit: EXIT.usage })
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )
}

export const runAttached: Action = async (cli, input) => {
  if (input.flag('detached')) return runDetached(cli, input)
  const pty = wantsPty(input)
  const { api, run } = await create(cli, input, true, pty)
  if (run.attach_path === null || api.token === undefined) {
    throw new CliError('bad_reply', `${run.name} runs, but cannot be attached to.`, { exit: EXIT.ours })
  }
  if (process.stderr.isTTY) cli.say(`Running ${run.command} as ${run.name}`)
  const code = await attach({
    origin: api.origin,
    token: api.token,
    path: run.attach_path,
    name: run.name,
    pty,
  })
  throw new Quit(code)
}

export const runDetached: Action = async (cli, input) => {
  const { app, run } = await create(cli, input, false, false)
  if (input.flag('json')) return cli.json(run)
  cli.print(`${run.name}\n`)
  cli.say(`See what it prints: skypanel logs --app ${app} --process ${run.name} --tail`)
}
