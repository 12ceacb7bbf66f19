import type { Instruction, Problem } from './parse.ts'
import { MAX_INSTRUCTIONS } from './parse.ts'

export interface Remark {
  readonly line: number
  readonly code: string
  readonly level: 'info' | 'warn'
  readonly message: string
}

/** A secret that a RUN asks for. */
export interface WantedSecret {
  readonly line: number
  /** The name of the config var. */
  readonly id: string
  readonly required: boolean
}

export interface Checked {
  readonly problems: readonly Problem[]
  readonly remarks: readonly Remark[]
  readonly secrets: readonly WantedSecret[]
}

const KNOWN = new Set(
  'FROM ARG RUN CMD LABEL MAINTAINER EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ONBUILD STOPSIGNAL HEALTHCHECK SHELL'.split(
    ' ',
  ),
)
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  FROM: ['platform'],
  RUN: ['mount', 'network', 'security'],
  COPY: ['from', 'chown', 'chmod', 'link', 'exclude'],
  ADD: ['chown', 'chmod', 'link', 'exclude', 'checksum', 'keep-git-dir'],
}
const REMOTE = /^(?:https?|ftp|git|ssh):\/\/|^git@|\.git(?:#\S*)?$/i
const CONFIG_VAR = /^[A-Za-z_][A-Za-z0-9_]*$/

/** What of these instructions cannot be built here, and what is worth knowing of the others. Pure. */
export function checkInstructions(instructions: readonly Instruction[]): Checked {
  const problems: Problem[] = []
  const remarks: Remark[] = []
  const secrets: WantedSecret[] = []
  for (const one of instructions.slice(0, MAX_INSTRUCTIONS)) {
    const say = (message: string, hint: string) => problems.push({ line: one.line, message, hint })
    const remark = (code: string, level: Remark['level'], message: string) =>
      remarks.push({ line: one.line, code, level, message })
    if (!KNOWN.has(one.name)) {
      say(
        `${shown(one.name)} is no instruction`,
        `Use one of ${[...KNOWN].join(', ')}; a line that goes on ends with a backslash.`,
      )
      continue
    }
    if (one.rest === '' && one.heredocs === 0) {
      say(`${one.name} has nothing to do`, `Write what ${one.name} is for, or remove the line.`)
      continue
    }
    checkFlags(one, say)
    if (one.name === 'RUN') checkRun(one, say, secrets)
    else if (one.name === 'ADD') checkAdd(one, say)
    else if (one.name === 'FROM') checkPlatform(one, say)
    else remarkOn(one, say, remark)
  }
  return { problems, remarks, secrets }
}

type Say = (message: string, hint: string) => void

function checkFlags(one: Instruction, say: Say): void {
  const known = FLAGS[one.name]
  if (known === undefined) return
  for (const { name } of one.flags) {
    if (name === 'parents')
      say(
        'COPY --parents is not known to this buildah',
        'Copy each folder by a line of its own, as in COPY src/a /src/a.',
      )
    else if (!known.includes(name))
      say(
        `${one.name} --${name} is not known`,
        `${one.name} takes ${known.map((flag) => `--${flag}`).join(', ')}.`,
      )
  }
}

function checkPlatform(one: Instruction, say: Say): void {
  const platform = one.flags.find(({ name }) => name === 'platform')?.value ?? ''
  if (platform !== '' && !platform.includes('$') && !/^linux(?:\/amd64)?$/.test(platform))
    say(
      `--platform=${shown(platform)} is another machine than this one`,
      'Images run on the machine that builds them: leave --platform away, or write linux/amd64.',
    )
}

function checkAdd(one: Instruction, say: Say): void {
  const sources = (one.words ?? one.rest.split(/\s+/)).slice(0, -1)
  const remote = sources.find((source) => REMOTE.test(source))
  if (remote !== undefined)
    say(
      `ADD of ${shown(remote)} fetches from elsewhere, which ADD does not do here`,
      /git/i.test(remote)
        ? 'Write RUN git clone … instead, or commit what it holds.'
        : 'Write RUN curl -fsSL … instead, and check what it gives with sha256sum.',
    )
  else if (one.flags.some(({ name }) => name === 'checksum' || name === 'keep-git-dir'))
    say('ADD --checksum and --keep-git-dir are for URLs, which ADD does not fetch here', 'Remove the flag.')
}

function checkRun(one: Instruction, say: Say, secrets: WantedSecret[]): void {
  for (const { name, value } of one.flags) {
    if (name === 'security' && value !== 'sandbox')
      say(
        `RUN --security=${shown(value)} asks for rights that no build has`,
        'Remove the flag: builds run without any right over the machine.',
      )
    if (name === 'network' && value !== 'default')
      say(
        `RUN --network=${shown(value)} cannot be kept to: every RUN has the network of builds`,
        'Remove the flag. Builds reach public addresses and the configured registries, nothing else.',
      )
    if (name === 'mount') checkMount(one, value, say, secrets)
  }
}

function checkMount(one: Instruction, value: string, say: Say, secrets: WantedSecret[]): void {
  const options = new Map(
    value.split(',').map((part) => {
      const [key = '', ...rest] = part.split('=')
      return [key, rest.join('=')] as const
    }),
  )
  const type = options.get('type') ?? 'bind'
  if (type === 'ssh') {
    say(
      'RUN --mount=type=ssh needs an agent with keys, and builds have none',
      'Put a deploy key into a config var and use --mount=type=secret,id=NAME.',
    )
  } else if (!['bind', 'cache', 'secret', 'tmpfs'].includes(type)) {
    say(`RUN --mount=type=${shown(type)} is not known`, 'There are bind, cache, secret and tmpfs.')
  } else if (type === 'secret') {
    const id = options.get('id') ?? ''
    if (!CONFIG_VAR.test(id))
      say(
        `The secret "${shown(id)}" is no name of a config var`,
        'A secret is the config var of the same name: write id=NPM_TOKEN and set NPM_TOKEN.',
      )
    else
      secrets.push({
        line: one.line,
        id,
        required: ['true', '1', ''].includes(options.get('required') ?? 'false'),
      })
  }
}

function remarkOn(
  one: Instruction,
  say: Say,
  remark: (code: string, level: Remark['level'], message: string) => void,
): void {
  switch (one.name) {
    case 'HEALTHCHECK':
      remark(
        'dockerfile.healthcheck',
        'info',
        'HEALTHCHECK is not run: an instance is ready once $PORT answers (health_check_path of the app asks for a page).',
      )
      break
    case 'ONBUILD':
      remark('dockerfile.onbuild', 'info', 'ONBUILD is for images that are built from this one, and none is.')
      break
    case 'VOLUME':
      remark(
        'dockerfile.volume',
        'warn',
        `VOLUME ${shown(one.rest)} does not last: what an instance writes ends with it. Keep data in an add-on.`,
      )
      break
    case 'STOPSIGNAL':
      if (!/^(?:SIG)?TERM$|^15$/i.test(one.rest))
        remark(
          'dockerfile.stopsignal',
          'warn',
          `STOPSIGNAL ${shown(one.rest)} is not sent: instances get SIGTERM.`,
        )
      break
    case 'EXPOSE': {
      const ports = one.rest.split(/\s+/).filter((port) => !/^\$\{?PORT\}?(?:\/tcp)?$/.test(port))
      if (ports.length > 0)
        remark(
          'dockerfile.expose',
          'info',
          `EXPOSE ${shown(ports.join(' '))} opens nothing: the web process has to listen on $PORT.`,
        )
      break
    }
    case 'CMD':
    case 'ENTRYPOINT':
      if (one.words?.some((word) => /\$\{?PORT\b/.test(word)) === true && !isShell(one.words))
        remark(
          'dockerfile.port',
          'warn',
          `${one.name} has $PORT in its JSON form, where nothing fills it in: write it without brackets, as a command of a shell.`,
        )
      break
    case 'SHELL':
      if (one.words === null)
        say('SHELL needs the JSON form', 'Write it as in SHELL ["/bin/bash", "-o", "pipefail", "-c"].')
      break
    default:
  }
}

const isShell = (words: readonly string[]) => /(?:^|\/)(?:ba|da|a|z)?sh$/.test(words[0] ?? '')

/** Text of a stranger's in a message. */
export const shown = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text)
