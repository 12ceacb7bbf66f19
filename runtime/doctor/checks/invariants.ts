import { access, readdir, readlink } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { DirectoryState } from '../../../server/contract/directory.ts'
import { PlatformStatus } from '../../../server/contract/platform.ts'
import { agentClient } from '../../setup/agent-client.ts'
import { known } from '../../setup/setup-context.ts'
import { localOrigin } from '../../setup/steps/login.ts'
import { fail, ok, warn, type Check } from '../check.ts'

/** Processes, mounts, links, groups and folders that belong to no instance. */
export const orphans: Check = {
  name: 'orphans',
  about: 'platform',
  async run({ at }) {
    const audit = await agentClient(at.agentSocket)
      .audit()
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    if (audit instanceof Error) return fail(`the agent cannot be asked: ${audit.message}`, 'Type: npm start')
    return audit.findings.length === 0
      ? ok('none')
      : fail(
          audit.findings.slice(0, 5).join('; '),
          'The agent removes leftovers when it starts: restart it, and report what stays',
        )
  },
}

/** Every root leads to a path that is there; a dangling one means that a release can no longer be started. */
export const storeRoots: Check = {
  name: 'store roots',
  about: 'platform',
  async run({ at, installation }) {
    if (installation?.driver === 'fake') return ok('the fake driver has no store')
    const roots = join(at.nix, 'var/nix/gcroots')
    const dangling: string[] = []
    let count = 0
    const walk = async (folder: string): Promise<void> => {
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) await walk(path)
        else if (entry.isSymbolicLink()) {
          const target = await readlink(path)
          if (!target.startsWith('/nix/store/')) continue
          count += 1
          const there = await access(join(at.nix, target.slice('/nix/'.length))).then(
            () => true,
            () => false,
          )
          if (!there) dangling.push(path.slice(roots.length + 1))
        }
      }
    }
    await walk(roots)
    return dangling.length === 0
      ? ok(`${count} roots, all there`)
      : fail(
          `paths are gone from the store: ${dangling.slice(0, 5).join(', ')}`,
          'Push these apps again; was something deleted by hand?',
        )
  },
}

async function directoryState(socketPath: string): Promise<DirectoryState> {
  const text = await new Promise<string>((resolve, reject) => {
    const asking = request({ socketPath, path: '/state', timeout: 5000 }, (reply) => {
      let received = ''
      reply.setEncoding('utf8').on('data', (piece: string) => (received += piece))
      reply.on('end', () => resolve(received))
    })
    asking.on('timeout', () => asking.destroy(new Error('no answer within 5 s')))
    asking.on('error', reject)
    asking.end()
  })
  return DirectoryState.parse(JSON.parse(text))
}

/** What is routed is what runs and is ready: nothing more, nothing less. */
export const routes: Check = {
  name: 'routes',
  about: 'platform',
  async run({ at }) {
    const asked = await Promise.all([
      directoryState(at.directorySocket),
      agentClient(at.agentSocket).observe(),
    ]).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    if (asked instanceof Error)
      return fail(`directory or agent cannot be asked: ${asked.message}`, 'Type: npm start')
    const [state, { instances }] = asked
    const running = new Set(
      instances.filter(({ state: { status } }) => status === 'ready').map(({ id }) => id as string),
    )
    const stale = state.instances
      .filter(({ id }) => !running.has(id))
      .map(({ name, app }) => `${name} of ${app}`)
    if (stale.length > 0)
      return fail(
        `routed and not ready: ${stale.slice(0, 5).join(', ')}`,
        'Restart the agent: it publishes what is true when it starts',
      )
    return ok(`${state.hosts} hosts, ${state.instances.length} instances, by ${state.registry}`)
  },
}

/** What the server itself sees of its database and neighbours. */
export const api: Check = {
  name: 'API',
  about: 'platform',
  async run(context) {
    const token = (await readFile(context.at.adminToken, 'utf8').catch(() => '')).trim()
    if (token === '') return fail('there is no admin token', 'Type: npm start')
    const reply = await fetch(`${localOrigin(context).replace('localhost', '127.0.0.1')}/api/status`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    if (reply instanceof Error)
      return fail(`it does not answer: ${reply.message}`, `See ${context.at.processLogs}/server.log`)
    if (!reply.ok) return fail(`it answers ${reply.status}`, `See ${context.at.processLogs}/server.log`)
    const parsed = PlatformStatus.safeParse(await reply.json().catch(() => null))
    if (!parsed.success)
      return fail(
        'its status has a shape that this version does not know',
        'Is another program on its port, or a server of another version? Type: npm start',
      )
    const status = parsed.data
    const bad = status.components.filter((component) => !component.ok)
    const id = known(context.installation, 'the installation').id
    if (status.installation !== id)
      return fail(
        `port ${context.installation?.ports.panel ?? 0} answers for installation ${status.installation}`,
        'Stop the other one, or choose another --panel-port',
      )
    return bad.length === 0
      ? ok(`${status.components.length} components, registry ${status.registry.active}`)
      : warn(bad.map(({ name, detail }) => `${name}: ${detail}`).join('; '), 'Type: skypanel status')
  },
}
