import { ERROR_CODES } from '../../server/contract/errors.ts'
import { ActionFailure } from '../failure.ts'
import { Away, Foreign, Refused, Untrusted } from './answers.ts'

/** What a failure of the platform means for the one who wrote the workflow. */
export function explain(error: unknown, app: string, origin: string): ActionFailure {
  if (error instanceof ActionFailure) return error
  if (error instanceof Away) return away(error, origin)
  if (error instanceof Untrusted) return untrusted(error, origin)
  if (error instanceof Foreign) {
    return new ActionFailure(
      'Not a SkyPanel platform',
      `${origin} answers, but ${error.message}.`,
      error.location === null || !URL.canParse(error.location, origin)
        ? 'Set the input host to the address of the panel.'
        : `Set the input host to ${new URL(error.location, origin).origin}`,
      error,
    )
  }
  if (error instanceof Refused) return refused(error, app, origin)
  const message = error instanceof Error ? error.message : String(error)
  return new ActionFailure(
    'The action failed',
    message,
    'This is a fault of the action. Please report it.',
    error,
  )
}

const untrusted = (error: Untrusted, origin: string) =>
  /EPROTO|wrong version number/.test(error.message)
    ? new ActionFailure(
        'No TLS',
        `${origin} is asked by https, but does not speak it.`,
        'Let TLS be set up there, or write the input host with http:// if nobody else can listen on the way.',
        error,
      )
    : new ActionFailure(
        'Certificate not trusted',
        `The certificate of ${origin} is not trusted: ${error.message}.`,
        "Name its authority in the step's env: NODE_EXTRA_CA_CERTS and GIT_SSL_CAINFO, each with a file.",
        error,
      )

function away(error: Away, origin: string): ActionFailure {
  return new ActionFailure(
    'Platform away',
    `${origin} could not be reached: ${error.message}.`,
    'Check the input host, and that this runner may reach it. If the platform is down, start it (npm start) and run the job again; nothing was changed.',
    error,
  )
}

function refused(error: Refused, app: string, origin: string): ActionFailure {
  const failure = (title: string, message: string, hint: string | null) =>
    new ActionFailure(title, message, hint, error)
  switch (error.id) {
    case 'unauthorized':
      return wrongToken(origin, error)
    case 'forbidden':
      return notAllowed(app, error)
    case 'app_not_found':
    case 'not_found':
      return noApp(app, origin, error)
    case 'name_taken':
      return failure(
        'App name taken',
        `The name ${app} is taken by an app that this token may not see.`,
        "Choose another name, or have the token's account added to the app's team.",
      )
    case 'internal_error':
      return failure(
        'The platform failed',
        `${error.message}${error.request === null ? '' : ` (request ${error.request})`}`,
        'Run the job again. If it stays, its operator finds the request in the log of the server.',
      )
    default:
      return failure(
        'The platform refused',
        error.message,
        error.id in ERROR_CODES ? null : 'Set the input host to the address of the panel, not of an app.',
      )
  }
}

export const wrongToken = (origin: string, cause?: unknown): ActionFailure =>
  new ActionFailure(
    'Wrong token',
    `${origin} does not know this token: it is wrong, has expired or was revoked.`,
    'Make one with `skypanel tokens:create github` and save it as the secret that the input token names.',
    cause,
  )

export const notAllowed = (app: string, cause?: unknown): ActionFailure =>
  new ActionFailure(
    'Not allowed',
    `The account of this token may not deploy ${app}.`,
    "Have it added to the app's team, or use a token of a member.",
    cause,
  )

export const noApp = (app: string, origin: string, cause?: unknown): ActionFailure =>
  new ActionFailure(
    'App not found',
    `There is no app ${app} at ${origin} that this token may see.`,
    `Correct the input app, make it with \`skypanel create ${app}\`, or set \`create: true\`.`,
    cause,
  )
