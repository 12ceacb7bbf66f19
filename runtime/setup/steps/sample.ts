import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { CLEAN_ENV, start, tryRun } from '../../exec.ts'
import type { Step } from '../plan.ts'
import { known, type SetupContext } from '../setup-context.ts'
import { writeWhole } from '../stamp.ts'
import { localOrigin } from './login.ts'

const App = z.object({ name: z.string(), git_url: z.string(), web_url: z.string() })
type App = z.infer<typeof App>
const Stamp = App.extend({ state: z.enum(['made', 'pushed']) })
const stampFile = (home: string) => join(home, 'setup', 'sample.json')

async function readStamp(home: string): Promise<z.infer<typeof Stamp> | null> {
  const text = await readFile(stampFile(home), 'utf8').catch(() => null)
  return text === null ? null : Stamp.parse(JSON.parse(text))
}

/** Where `localhost` is no name, its address still is one. */
const onMachine = (context: SetupContext) => localOrigin(context).replace('localhost', '127.0.0.1')

async function createApp(context: SetupContext, token: string): Promise<App> {
  const id = known(context.installation, 'the installation').id
  const ask = async (name: string | undefined) =>
    await fetch(`${onMachine(context)}/api/apps`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(name === undefined ? {} : { name }),
    })
  // The name may be there from a run that was killed before it wrote its stamp.
  const replies = [await ask(`hello-${id}`)]
  if (replies[0]?.status === 422) replies.push(await ask(undefined))
  const reply = replies.at(-1)
  const body: unknown = await reply?.json()
  if (reply?.ok !== true) throw new Error(`The API refused the sample app: ${JSON.stringify(body)}`)
  return App.parse(body)
}

const COMMITTED = '2026-01-01T00:00:00Z'

/** The token travels in git's environment: argv can be read by every process of the machine. */
function gitEnv(token: string, folder: string): Record<string, string> {
  const person = { NAME: 'SkyPanel', EMAIL: 'hello@skypanel.localhost' }
  return {
    ...CLEAN_ENV,
    HOME: folder,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`git:${token}`).toString('base64')}`,
    GIT_AUTHOR_NAME: person.NAME,
    GIT_AUTHOR_EMAIL: person.EMAIL,
    GIT_COMMITTER_NAME: person.NAME,
    GIT_COMMITTER_EMAIL: person.EMAIL,
    // The same commit each time: a run that was killed after its push finds it there, instead of a history in the way.
    GIT_AUTHOR_DATE: COMMITTED,
    GIT_COMMITTER_DATE: COMMITTED,
  }
}

async function push(
  context: SetupContext,
  app: App,
  token: string,
  say: (text: string) => void,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'skypanel-sample-'))
  const env = gitEnv(token, folder)
  try {
    await cp(
      join(known(context.version, 'the installed version').folder, 'runtime/setup/sample'),
      join(folder, 'app'),
      { recursive: true },
    )
    const git = async (...argv: string[]) => {
      const ran = await tryRun(['git', ...argv], { cwd: join(folder, 'app'), env })
      if (ran.code !== 0) throw new Error(`git ${argv[0] ?? ''} failed: ${ran.stderr.trim().slice(-1000)}`)
      return ran.stdout.trim()
    }
    // Not the public address: its DNS records are often set only after this has told which.
    const remote = `${onMachine(context)}/git/${app.name}.git`
    await git('init', '--quiet', '--initial-branch=main')
    await git('add', '--all')
    await git('commit', '--quiet', '--message=Hello')
    const child = await start({
      argv: ['git', 'push', remote, 'main'],
      cwd: join(folder, 'app'),
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const line = text
        .split(/[\r\n]/)
        .filter((part) => part.trim() !== '')
        .at(-1)
      if (line !== undefined) say(line.replace(/^remote:\s*/, '').trim())
    })
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    if (code === 0) return
    // The push of a run that was killed goes on; it may have gone live while ours waited for it.
    const there = await git('ls-remote', remote, 'refs/heads/main')
    if (there.split(/\s/)[0] !== (await git('rev-parse', 'HEAD')))
      throw new Error(
        `The push of the sample app failed (${code ?? 'killed'}):\n${output.trim().split('\n').slice(-15).join('\n')}`,
      )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** GET through Caddy, as a browser would ask; the name is in the Host header, so no DNS takes part. */
async function statusOf(context: SetupContext, url: string): Promise<number> {
  const { port, hostname } = new URL(url)
  const { ports } = known(context.installation, 'the installation')
  return await new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port: ports.http,
        path: '/',
        headers: { host: port === '' ? hostname : `${hostname}:${port}` },
        timeout: 10_000,
      },
      (reply) => {
        reply.resume()
        resolve(reply.statusCode ?? 0)
      },
    )
    asking.on('timeout', () => asking.destroy(new Error(`${url} does not answer within 10 s`)))
    asking.on('error', reject)
    asking.end()
  })
}

/** The first run ends with proof: a real push of a real app, asked for through the router. */
export const sample: Step<SetupContext> = {
  name: 'sample app',
  after: ['server', 'admin token'],
  async needed({ options }) {
    return options.sample && (await readStamp(options.home))?.state !== 'pushed'
  },
  async apply(context, say) {
    const { home } = context.options
    const token = (await readFile(known(context.admin, 'the admin').tokenFile, 'utf8')).trim()
    let made = await readStamp(home)
    if (made === null) {
      made = { ...(await createApp(context, token)), state: 'made' }
      await writeWhole(stampFile(home), JSON.stringify(made))
    }
    await push(context, made, token, say)
    await writeWhole(stampFile(home), JSON.stringify({ ...made, state: 'pushed' }))
    let status = await statusOf(context, made.web_url)
    for (let i = 0; i < 20 && status !== 200; i++) {
      await sleep(250)
      status = await statusOf(context, made.web_url)
    }
    context.sample = { url: made.web_url, status }
    if (status !== 200)
      throw new Error(
        `${made.web_url} was pushed and answers ${status} instead of 200. Type: skypanel logs --app ${made.name}`,
      )
  },
}
