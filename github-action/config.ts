import { AppName } from '../server/contract/ids.ts'
import { ActionFailure } from './failure.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Read here and nowhere else; everything below takes it as an argument. */
export const environment: Environment = process.env

export interface Inputs {
  /** The panel's origin, as `https://panel.example.org`. */
  readonly origin: string
  readonly token: string
  readonly app: string
  /** Null: the app's own deploy branch. */
  readonly branch: string | null
  /** Relative to the workspace. */
  readonly directory: string
  /** Seconds; 0: the app is not asked. */
  readonly wait: number
  /** Null: the one that the app has. */
  readonly healthcheckPath: string | null
  readonly create: boolean
  readonly destroy: boolean
}

/** Where a runner wants to be told, and what it tells. */
export interface RunnerFacts {
  readonly workspace: string
  readonly temp: string
  readonly outputFile: string | null
  readonly summaryFile: string | null
  /** `owner/name`, for the text of a snapshot's commit. */
  readonly repository: string | null
}

const WAIT_SECONDS = 60
const MAX_WAIT_SECONDS = 3600

/** A runner names the variable after the input: upper case, spaces as underscores, hyphens as they are. */
const inputOf = (env: Environment, name: string): string =>
  (env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim()

/** To be masked before anything is checked: a wrong token is one too. */
export const tokenOf = (env: Environment): string => inputOf(env, 'token')

/** @throws ActionFailure that names the input. */
export function readInputs(env: Environment): Inputs {
  const directory = inputOf(env, 'directory')
  return {
    origin: originOf(inputOf(env, 'host')),
    token: checkedToken(tokenOf(env)),
    app: appOf(inputOf(env, 'app')),
    branch: branchOf(inputOf(env, 'branch')),
    directory: directory === '' ? '.' : directory,
    wait: secondsOf(inputOf(env, 'wait')),
    healthcheckPath: pathOf(inputOf(env, 'healthcheck-path')),
    create: flagOf('create', inputOf(env, 'create')),
    destroy: flagOf('destroy', inputOf(env, 'destroy')),
  }
}

export function readRunner(env: Environment, folder: string, temp: string): RunnerFacts {
  const given = (name: string) => (env[name] === undefined || env[name] === '' ? null : env[name])
  return {
    workspace: given('GITHUB_WORKSPACE') ?? folder,
    temp: given('RUNNER_TEMP') ?? temp,
    outputFile: given('GITHUB_OUTPUT'),
    summaryFile: given('GITHUB_STEP_SUMMARY'),
    repository: given('GITHUB_REPOSITORY'),
  }
}

/**
 * What git gets of the environment: proxies and certificates, but no input (the token is one) and none of git's own
 * variables, which could point it elsewhere or have it trace what it sends.
 */
export function environmentForGit(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || /^INPUT_/i.test(name)) continue
    if (/^GIT_/i.test(name) && !/^GIT_(SSL_CA|EXEC_PATH$)/i.test(name)) continue
    kept[name] = value
  }
  return kept
}

const wrong = (input: string, message: string, hint: string) =>
  new ActionFailure(`Input ${input}`, message, hint)

function originOf(text: string): string {
  const next = 'Set it to the address of the panel, for example https://panel.example.org'
  if (text === '') throw wrong('host', 'The input host is empty.', next)
  const full = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`
  const url = URL.canParse(full) ? new URL(full) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw wrong('host', 'The input host is not an http(s) address.', next)
  if (url.username !== '' || url.password !== '')
    throw wrong(
      'host',
      'The input host holds a user name or password.',
      'Put the token into the input token.',
    )
  if (url.pathname !== '/' || url.search !== '')
    throw wrong('host', 'The input host has a path.', `Set it to ${url.origin}`)
  return url.origin
}

function checkedToken(text: string): string {
  if (text === '') {
    throw wrong(
      'token',
      'The input token is empty.',
      'Save the output of `skypanel tokens:create github` as a secret and pass it as `token: ${{ secrets.SKYPANEL_TOKEN }}`. Workflows of pull requests from forks get no secrets.',
    )
  }
  // It becomes a line of an HTTP header.
  if (!/^[\x21-\x7e]+$/.test(text))
    throw wrong(
      'token',
      'The input token holds characters that no token has.',
      'Save it again, without line breaks.',
    )
  return text
}

function appOf(text: string): string {
  const name = AppName.safeParse(text)
  if (name.success) return name.data
  const why = name.error.issues[0]?.message ?? 'is no name'
  throw wrong(
    'app',
    text === '' ? 'The input app is empty.' : `The input app ${why}.`,
    'Set it to the name of an app, as `skypanel apps` shows it.',
  )
}

function branchOf(text: string): string | null {
  const name = text.replace(/^refs\/heads\//, '')
  if (name === '') return null
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(name) && !/\.\.|\/\/|\/$|\.lock$/.test(name)) return name
  throw wrong(
    'branch',
    'The input branch is not the name of a branch.',
    'Leave it out: the deploy branch of the app is taken.',
  )
}

function secondsOf(text: string): number {
  if (/^(|true)$/i.test(text)) return WAIT_SECONDS
  if (/^false$/i.test(text)) return 0
  const seconds = Number(text)
  if (/^\d+$/.test(text) && seconds <= MAX_WAIT_SECONDS) return seconds
  throw wrong(
    'wait',
    'The input wait is neither true, false nor a number of seconds up to 3600.',
    `true means ${WAIT_SECONDS}.`,
  )
}

function pathOf(text: string): string | null {
  if (text === '') return null
  if (/^\/[\x21-\x7e]{0,499}$/.test(text)) return text
  throw wrong(
    'healthcheck-path',
    'The input healthcheck-path is not a path.',
    'It starts with a slash, as /health does.',
  )
}

function flagOf(name: string, text: string): boolean {
  if (/^(|false)$/i.test(text)) return false
  if (/^true$/i.test(text)) return true
  throw wrong(name, `The input ${name} is neither true nor false.`, 'Set it to true or leave it out.')
}
