import { access, readdir, readlink } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { DirectoryState } from '../../../server/contract/directory.ts'
import { PlatformRecords, PlatformStatus } from '../../../server/contract/platform.ts'
import { loadTold } from '../../directory/snapshot.ts'
import { agentClient } from '../../setup/agent-client.ts'
import { known, type SetupContext } from '../../setup/setup-context.ts'
import { serverCommand } from '../../setup/steps/database.ts'
import { localOrigin } from '../../setup/steps/login.ts'
import { fail, ok, warn, type Check } from '../check.ts'
import { compareHosts, compareRoots } from '../compare.ts'

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

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What the database says should be there. */
export async function records(context: SetupContext): Promise<PlatformRecords> {
  return PlatformRecords.parse(JSON.parse(await serverCommand(context, 'facts')))
}

/** Every root leads to a path that is there, and every build that a release needs has one. */
export const storeRoots: Check = {
  name: 'store roots',
  about: 'platform',
  async run(context) {
    const { at, installation } = context
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
    if (dangling.length > 0)
      return fail(
        `paths are gone from the store: ${dangling.slice(0, 5).join(', ')}`,
        'Push these apps again; was something deleted by hand?',
      )
    const rooted = (await readdir(join(roots, 'skypanel')).catch(() => [])).filter((name) => UUID.test(name))
    const { missing, extra } = compareRoots(rooted, (await records(context)).builds)
    if (missing.length > 0)
      return fail(
        `builds of kept releases have no root: ${missing.slice(0, 5).join(', ')}`,
        'Push these apps again before you need to roll back to them',
      )
    return extra.length === 0
      ? ok(`${count} roots, all there and known`)
      : warn(
          `${extra.length} roots of builds that no release needs: ${extra.slice(0, 3).join(', ')}`,
          'The next collection takes them; report them if they stay for a day',
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

/** What is routed is what runs and is ready, under the hosts that the database has: nothing more, nothing less. */
export const routes: Check = {
  name: 'routes',
  about: 'platform',
  async run(context) {
    const { at } = context
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
    const told = await loadTold(at.directory, () => undefined)
    const wrong = compareHosts(told.hosts?.hosts ?? {}, (await records(context)).hosts)
    if (wrong.length > 0)
      return fail(
        wrong.slice(0, 5).join('; '),
        'The server tells the directory every few seconds: look again, then see its log',
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
    if (reply.status === 401)
      return fail('the admin token was revoked', 'Type: npm start, which makes a new one')
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
