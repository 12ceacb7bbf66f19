import { ERROR_CODES, ErrorBody } from '../server/contract/errors.ts'
import { CliError, EXIT } from './exit.ts'

const isKnown = (id: string): id is keyof typeof ERROR_CODES => id in ERROR_CODES

/** What to type next, where the message of the platform cannot know that it speaks to a command line. */
const HINTS: Readonly<Record<string, string>> = {
  unauthorized: 'Log in: skypanel login',
  app_not_found: 'See the apps you have: skypanel apps',
  release_not_found: 'See the releases: skypanel releases',
  build_not_found: 'See the builds: skypanel builds',
  no_release: 'Push the app first: git push skypanel main',
  release_collected: 'See which releases are kept: skypanel releases',
  process_type_unknown: 'See the process types: skypanel ps',
  deploy_running: 'Watch it: skypanel builds:log',
  database_unavailable: 'See what is down: skypanel status',
  node_unavailable: 'See what is down: skypanel status',
  internal_error: 'The logs of the platform tell more: npm run doctor',
}

function exitFor(id: string, status: number): number {
  // An event of a stream comes without a status of its own; the id stands for it.
  const meant = isKnown(id) ? ERROR_CODES[id].status : status
  if (meant === 502 || meant === 503 || meant === 504) return EXIT.unavailable
  const ours = isKnown(id) ? ERROR_CODES[id].fault === 'ours' : status >= 500
  return ours ? EXIT.ours : EXIT.mistake
}

/** An answer with a status of 400 or more, told in the platform's words. */
export function failureOf(origin: string, status: number, body: string): CliError {
  const parsed = ErrorBody.safeParse(parseJson(body))
  if (!parsed.success) {
    return new CliError(
      'not_skypanel',
      `${origin} answered ${status}, but not as a SkyPanel platform does.`,
      {
        hint: 'Is this the right address? See: skypanel whoami; change it: skypanel login --host URL',
        exit: EXIT.unavailable,
      },
    )
  }
  const { id, message, request_id: request } = parsed.data
  const exit = exitFor(id, status)
  const hint = HINTS[id]
  const text = exit === EXIT.ours && request !== undefined ? `${message} (request ${request})` : message
  return new CliError(id, text, { exit, ...(hint === undefined ? {} : { hint }) })
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const REFUSED = new Set(['ECONNREFUSED', 'ENOENT', 'EHOSTUNREACH', 'ENETUNREACH'])
const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

/** No answer at all: says why, and what to type. */
export function unreachable(origin: string, code: string | undefined, cause: unknown): CliError {
  const rest = { exit: EXIT.unavailable, cause }
  if (code !== undefined && REFUSED.has(code)) {
    return new CliError('unreachable', `Nothing answers at ${origin}.`, {
      ...rest,
      hint: 'Is the platform running? Type: npm start',
    })
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new CliError('unreachable', `The name of ${origin} cannot be resolved.`, {
      ...rest,
      hint: 'Check the address: skypanel login --host URL',
    })
  }
  if (code !== undefined && UNTRUSTED.has(code)) {
    return new CliError(
      'untrusted',
      `The certificate of ${origin} is signed by an authority that this machine does not know.`,
      {
        ...rest,
        hint: 'For the platform of this machine, name its CA: export NODE_EXTRA_CA_CERTS=FILE (npm start prints the file)',
      },
    )
  }
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT') {
    return new CliError('timeout', `${origin} did not answer in time.`, {
      ...rest,
      hint: 'See what is wrong: skypanel status',
    })
  }
  return new CliError(
    'unreachable',
    `The connection to ${origin} failed${code === undefined ? '' : `: ${code}`}.`,
    {
      ...rest,
      hint: 'Try it again; see what is wrong: skypanel status',
    },
  )
}
