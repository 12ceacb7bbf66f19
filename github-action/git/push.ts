import { RemoteLines } from '../log/remote-lines.ts'
import { run } from '../spawn.ts'
import { type PushOutcome, pushOutcome } from './push-outcome.ts'

export interface Push {
  /** Of the repository that has the commit. */
  readonly folder: string
  readonly url: string
  readonly token: string
  readonly commit: string
  readonly branch: string
  /** git's environment, without a token. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Settings by environment, so that the token stands in no argument and in no address. Each list is emptied first:
 * what the machine or the checkout configured (GitHub's own token, credential helpers) is not for this host.
 */
export function pushSettings(url: string, token: string): Record<string, string> {
  const header = `http.${url}.extraHeader`
  const settings: readonly (readonly [string, string])[] = [
    [header, ''],
    [header, `Authorization: Bearer ${token}`],
    // A redirect would carry the header along.
    [`http.${url}.followRedirects`, 'false'],
    ['credential.helper', ''],
    ['safe.directory', '*'],
  ]
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(settings.length)],
    ...settings.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, key],
      [`GIT_CONFIG_VALUE_${index}`, value],
    ]),
    ['GIT_TERMINAL_PROMPT', '0'],
    ['GIT_ASKPASS', ''],
    // Outcomes are read from git's words.
    ['LC_ALL', 'C'],
  ])
}

/** The checked-out commit is what is to be live, whatever the branch was before: a re-run of an older one too. */
export const pushArguments = ({ url, commit, branch }: Pick<Push, 'url' | 'commit' | 'branch'>) =>
  [
    'git',
    'push',
    '--porcelain',
    '--force',
    '--no-verify',
    '--no-follow-tags',
    '--no-signed',
    '--recurse-submodules=no',
    '--',
    url,
    `${commit}:refs/heads/${branch}`,
  ] as const

/** Pushes one commit; `onLine` gets what the platform says, as it says it. */
export async function push(wanted: Push, onLine: (line: string) => void): Promise<PushOutcome> {
  const lines = new RemoteLines()
  let spoke = false
  const tell = (said: readonly string[]) => {
    for (const line of said) {
      spoke = true
      onLine(line)
    }
  }
  const { code, stdout, stderr } = await run(pushArguments(wanted), {
    cwd: wanted.folder,
    env: { ...wanted.env, ...pushSettings(wanted.url, wanted.token) },
    onStderr: (text) => tell(lines.push(text)),
  })
  tell(lines.end())
  return pushOutcome({ code, stdout, said: [...lines.own, ...(stderr === '' ? [] : [stderr])], spoke })
}
