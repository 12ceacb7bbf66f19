import chalk from 'chalk'
import type { PlatformFacts } from './facts.ts'

export interface SummaryInput {
  readonly facts: PlatformFacts
  readonly domain: string | null
  readonly httpPort: number
  readonly httpsPort: number
  readonly command: boolean
  readonly sample: { readonly url: string; readonly status: number } | null
  readonly addresses: readonly string[]
}

const row = (name: string, value: string) => `  ${chalk.dim(name.padEnd(11))} ${value}`

/** What to know and what to type next. Pure. */
export function summary(input: SummaryInput): string[] {
  const { facts, domain, sample } = input
  const skypanel = input.command ? 'skypanel' : 'npx skypanel'
  const port = (value: number, standard: number) => (value === standard ? '' : `:${value}`)
  const apps =
    domain === null
      ? `http://<app>.skypanel.localhost${port(input.httpPort, 80)}`
      : `https://<app>.${domain}${port(input.httpsPort, 443)}`
  return [
    '',
    chalk.bold('SkyPanel is up'),
    ...(sample === null
      ? []
      : [
          row(
            'sample',
            `${chalk.cyan(sample.url)}  ${sample.status === 200 ? chalk.green('200 OK') : chalk.red(String(sample.status))}`,
          ),
        ]),
    row('apps', chalk.cyan(apps)),
    row('panel', `${chalk.cyan(facts.dashboard)}  (dashboard, API, git)`),
    row('admin', `${facts.email}, token in ${facts.tokenFile}`),
    ...(facts.adminLink === null
      ? []
      : [
          row('dashboard', chalk.bold(facts.adminLink)),
          row('', 'signs you in as the admin: once, within 24 hours. Another one: npm start -- --admin-link'),
        ]),
    ...(facts.ca === null
      ? []
      : [row('local CA', `${facts.ca} (for https://<app>.skypanel.localhost${port(input.httpsPort, 443)})`)]),
    ...(domain === null ? [] : dnsRecords(domain, input.addresses)),
    '',
    'Now, in the folder of an app of yours:',
    `  ${chalk.green(`${skypanel} create my-app`)}`,
    `  ${chalk.green('git push skypanel main')}`,
    `  ${chalk.green(`${skypanel} open`)}`,
    '',
  ]
}

function dnsRecords(domain: string, addresses: readonly string[]): string[] {
  const shown = addresses.length === 0 ? ['<the public address of this machine>'] : addresses
  return [
    '',
    'Set these DNS records; certificates are fetched at the first request:',
    ...shown.flatMap((address) => {
      const type = address.includes(':') ? 'AAAA' : 'A'
      return [`  ${`*.${domain}.`.padEnd(32)} ${type.padEnd(5)} ${address}`]
    }),
  ]
}

/** What Ctrl-C and stop leave behind, in words. */
export const AFTER_CTRL_C =
  'The control plane is stopped. Apps, routing and logs go on; npm start brings the rest back, npm stop ends everything.'
