import type { Deployed } from './deploy.ts'

const LAST_LINES = 40

export function deployedSummary({ app, release, url, commit, already, status }: Deployed): string {
  const rows = [
    ['Release', `v${release}`],
    ['Commit', `\`${commit}\``],
    ['URL', `<${url}>`],
    ...(status === null ? [] : [['Answers', String(status)]]),
  ]
  return [
    `### ${already ? `${app} is live already` : `${app} is live`}`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([name = '', value = '']) => `| ${name} | ${value} |`),
    '',
  ].join('\n')
}

export const destroyedSummary = (app: string, was: boolean): string =>
  was ? `### ${app} was destroyed\n` : `### There was no ${app} to destroy\n`

/** `text` and `printed` are foreign: they stand in fences that they cannot close. */
export function failedSummary(app: string, title: string, text: string, printed: readonly string[]): string {
  const last = printed.slice(-LAST_LINES).join('\n').trim()
  const log =
    last === ''
      ? []
      : ['<details><summary>The last lines of the log</summary>', '', fenced(last), '', '</details>', '']
  return [`### ${app === '' ? title : `${app}: ${title}`}`, '', fenced(text), '', ...log].join('\n')
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}
